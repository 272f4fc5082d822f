"""The whole way, played by people against the running server: from registration to the printed agreement."""

from __future__ import annotations

import io
import re
import time

import pytest
from PIL import Image, ImageDraw

from app.signing.terms.models import FIELDS, NOT_RECEIVED
from tests.browser.conftest import SLOW, sign_in, text_of
from tests.browser.terms import fill_terms
from tests.factories import credit_code

pytestmark = pytest.mark.browser
CODE = credit_code(999_001)
NAME = "楚天云图科技有限公司"
SECRET = "Employer-2026x"


def licence() -> bytes:
    picture = Image.new("RGB", (1200, 800), "white")
    ImageDraw.Draw(picture).text((80, 80), "BUSINESS LICENCE", fill="black")
    kept = io.BytesIO()
    picture.save(kept, "JPEG")
    return kept.getvalue()


def last_code(page) -> str:
    """The newest code, by text message or mail."""
    page.goto("/messages/")
    found = page.locator("article", has_text="验证码").first.inner_text()
    return re.search(r"\b\d{6}\b", found).group()


def asked_code(page, button: str, open_page) -> str:
    """Press the button that sends a code, and read it on the phone."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.click(button)
    return last_code(open_page())


@pytest.mark.rule(
    "ACC-07", "ACC-08", "INV-01", "INV-05", "INV-06", "ACC-04", "INV-13", "AGR-04", "DOC-01"
)
def test_from_registration_to_the_printed_agreement(running, open_page, tmp_path):
    office, employer, student = open_page(), open_page(), open_page(390, 844)

    # the employer registers and waits
    employer.goto("/register")
    employer.fill("#credit_code", CODE)
    employer.fill("#name", NAME)
    employer.set_input_files(
        "#licence", {"name": "执照.jpg", "mimeType": "image/jpeg", "buffer": licence()}
    )
    employer.select_option("#school", "10999")
    for field, value in (
        ("contact_name", "陈经理"),
        ("contact_phone", "13912345678"),
        ("email", "hr@example.com"),
        ("password", SECRET),
        ("again", SECRET),
    ):
        employer.fill(f"#{field}", value)
    for channel, field in (("sms", "contact_phone_code"), ("mail", "email_code")):
        code = asked_code(employer, f"[name=ask][value={channel}]", open_page)
        employer.fill(f"#{field}", code)
    employer.click("main form button.btn-primary[type=submit]")
    employer.wait_for_url("**/employer/review/**")

    # the school approves
    sign_in(office, "school")
    found = running.ask("SELECT id FROM employer WHERE credit_code = %s", CODE)
    office.goto(f"/employers/show/{found}")
    assert NAME in office.inner_text("main")
    office.locator("[data-qq-action=approve]:visible").first.click()
    office.click("#qq-dialog button[type=submit]")
    office.wait_for_load_state()
    assert running.ask("SELECT state FROM employer WHERE id = %s", found) == "approved"

    # the first sign-in page of the employer: the signing profile
    employer.goto("/")
    employer.wait_for_url("**/employer/first/**")
    employer.select_option("#kind", "39")
    employer.select_option("#industry", "34")
    employer.fill("#location", "洪山区")
    employer.locator("#location").press("Tab")
    fill_region(employer, "#location", "湖北省武汉市洪山区")
    employer.fill("#address", "武汉市洪山区光谷大道1号")
    employer.fill("#postcode", "430074")
    employer.select_option("#archive_receiver", "NONE")
    employer.select_option("#household_kind", "NONE")
    employer.click("main form button[type=submit]")
    employer.wait_for_url(re.compile(r"/employer/$"))

    # four fields find the student
    number = running.ask(
        "SELECT name FROM student WHERE id = (SELECT student_id FROM ab_user WHERE username = 'student4')"
    )
    year = running.ask("SELECT graduation_year FROM student LIMIT 1")
    phone = "13800000003"
    employer.goto("/employer/candidates/")
    employer.select_option("select[name=school]", "10999")
    fill_or_select(employer, "[name=year]", str(year))
    employer.fill("[name=name]", str(number))
    employer.fill("[name=number]", phone)
    employer.locator("form:has([name=number]) button[type=submit]").click()
    employer.get_by_role("button", name="加入").first.click()
    employer.wait_for_load_state()

    # one letter, previewed, sent by a double click, once
    employer.goto("/employer/candidates/")
    employer.locator("[form=invite-one]").first.click()
    employer.wait_for_load_state()
    write_letter(employer)
    send = employer.locator("main form:has([name=batch]) button[type=submit].btn-primary")
    assert NAME in employer.inner_text("main")
    employer.fill("#code", asked_code(employer, "main [data-qq-code-url]", open_page))
    with employer.expect_navigation():
        send.dblclick()
    employer.wait_for_load_state()
    sent = "SELECT count(*) FROM invitation WHERE employer_id = %s"
    assert running.ask(sent, found) == 1

    # the student's first sign-in, on the phone
    sign_in(student, "student4")
    student.wait_for_url("**/my/verify/**")
    student.fill("#email", "student4@example.com")
    student.fill("#address", "武汉市洪山区")
    student.fill("#code", asked_code(student, "main [data-qq-code-url]", open_page))
    student.click("main form button.btn-primary")
    student.wait_for_url(re.compile(r"/my/$"))
    assert NAME in student.inner_text("main")

    # inside the cooling-off the button is grey; after it the student accepts
    student.get_by_role("link", name="查看邀请函").first.click()
    student.wait_for_load_state()
    assert student.locator("#do-accept").is_disabled()
    letter = student.url
    running.pass_hours(1.1)  # long enough to be signed out, too
    sign_in(student, "student4")
    sign_in(office, "school")
    student.goto(letter)
    student.click("#do-accept")
    student.check("#qq-dialog input[name=agreed]")
    fill_code(student, open_page)
    student.click("#qq-dialog button[type=submit]")
    with student.expect_navigation():
        student.click("#qq-dialog button[type=submit]")
    student.wait_for_load_state()
    placement = running.ask("SELECT id FROM placement WHERE employer_id = %s", found)
    assert placement

    # college, then school
    college = open_page()
    sign_in(college, "college")  # the officer of the college that this student belongs to
    running.do(
        "UPDATE ab_user SET college_id = (SELECT college_id FROM placement WHERE id = %s)"
        " WHERE username = 'college'",
        placement,
    )
    college.goto(f"/desk/show/{placement}")
    college.locator("[data-qq-action=attest_college]:visible").first.click()
    college.click("#qq-dialog button[type=submit]")
    college.wait_for_load_state()
    assert running.ask("SELECT state FROM placement WHERE id = %s", placement) == "awaiting_school"
    office.goto(f"/desk/show/{placement}")
    assert "软件工程师" in office.inner_text("main")
    office.locator("[data-qq-action=attest]:visible").first.click()
    office.click("#qq-dialog button[type=submit]")
    office.wait_for_load_state()
    agreement_no = running.ask("SELECT agreement_no FROM placement WHERE id = %s", placement)
    assert re.fullmatch(r"1\d{14}", str(agreement_no))
    assert (
        running.ask("SELECT destination_code FROM plan_entry WHERE placement_id = %s", placement)
        == "10"
    )

    # the worker makes the PDF; all three read it
    until = time.monotonic() + SLOW
    made = "SELECT count(*) FROM document WHERE record_kind = 'placement' AND record_id = %s"
    while not running.ask(made, placement):
        assert time.monotonic() < until, "the agreement was not made"
        time.sleep(0.5)
    student.goto(f"/my/signings/{placement}")
    with student.expect_download() as download:
        student.get_by_role("link", name="下载协议书（脱敏版）").click()
    pdf = tmp_path / "agreement.pdf"
    download.value.save_as(pdf)
    text = text_of(pdf)
    for wanted in (NAME, str(number), "软件工程师", str(agreement_no), "江汉青山大学", CODE):
        assert wanted in text.replace("\n", ""), wanted


def fill_code(student, open_page) -> None:
    """Ask for the fresh code of the act in the dialog, and type what the phone got (ACC-10)."""
    button = "#qq-dialog [data-qq-code-url]"
    student.fill("#qq-dialog-code", asked_code(student, button, open_page))


def fill_or_select(page, selector: str, value: str) -> None:
    field = page.locator(selector).first
    if field.evaluate("e => e.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def fill_region(page, selector: str, full_name: str) -> None:
    """As without script: the full name is understood too."""
    with page.expect_response(lambda answer: "?q=" in answer.url):
        page.fill(selector, full_name)
    page.keyboard.press("Escape")


def write_letter(page) -> None:
    fill_terms(
        page,
        FIELDS,
        lambda name, _code: fill_region(page, f"#{name}", "湖北省武汉市洪山区"),
        archive_receiver=NOT_RECEIVED,
        household_kind=NOT_RECEIVED,
    )
    page.locator("form:has(#position) button[type=submit].btn-primary").click()
    page.wait_for_load_state()
    assert not page.locator("#problems").count(), page.inner_text("#problems")
