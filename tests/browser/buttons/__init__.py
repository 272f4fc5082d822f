"""Every button of every page of every role is pressed, with and without script. `python -m tests.browser.buttons`.

`steady` serves the demo out of one transaction: after each press it goes back, so that the next button
finds the page as it was. `walk` finds the pages and their buttons, `press` presses them as a person
would, `words` judges what stands in a page; `../test_buttons.py` is the small edition of the test suite.
"""
