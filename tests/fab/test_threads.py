"""One view object serves all threads: nobody's search may show on another's page (H9)."""

import threading


def test_two_people_searching_at_once_never_see_each_others_search(browser):
    found: dict[str, list[str]] = {"wang": [], "li": []}

    def search(name: str, word: str) -> None:
        client = browser(name)
        for n in range(60):
            query = f"tab=all&q={word}&psize_LetterView={20 + n % 3}" + "&f_pay=2" * (n % 2)
            found[name].append(client.get(f"/letterview/list/?{query}").text)

    threads = [
        threading.Thread(target=search, args=pair) for pair in (("wang", "P00"), ("li", "P01"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found["wang"]) + len(found["li"]) == 120
    assert not [p for p in found["wang"] if "P01" in p or "School 2" in p or 'value="P00"' not in p]
    assert not [p for p in found["li"] if "P00" in p or "School 1" in p or 'value="P01"' not in p]
