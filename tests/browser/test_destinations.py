"""Destinations in the browser, in Chinese: registering on the phone, review, refusal, leaving (manual 2.5, 2.6)."""

from __future__ import annotations

import pytest
from PIL import Image

from tests.browser.conftest import sign_in
from tests.browser.files import YEAR
from tests.browser.test_life import confirm, of, phone, press
from tests.browser.test_story import asked_code

pytestmark = pytest.mark.browser
STATE = "SELECT state FROM placement WHERE id = %s"
PLAN = "SELECT e.destination_code FROM plan_entry e JOIN placement p ON p.student_id = e.student_id WHERE p.id = %s"


@pytest.fixture
def photo(tmp_path):
    """A photo of 12 megapixels, as a phone takes it."""
    path = tmp_path / "录取通知书.jpg"
    Image.new("RGB", (4000, 3000), "#e8e0d0").save(path, quality=80)
    return path


def fits(page) -> bool:
    """Nothing is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.rule("DST-01", "DST-02", "MOB-01", "PLN-01")
def test_a_student_registers_on_the_phone_and_the_school_approves(running, open_page, photo):
    student = phone(open_page)
    sign_in(student, "student10")
    student.get_by_role("link", name="其他去向").first.click()
    student.get_by_role("link", name="录入毕业去向").click()
    student.get_by_role("link", name="升学深造").click()
    student.get_by_role("button", name="研究生").click()
    student.wait_for_load_state()
    assert fits(student)
    student.fill("#f_school", "武汉大学")
    student.get_by_role("button", name="保存，稍后继续").click()
    student.get_by_role("link", name="继续填写").click()
    assert student.input_value("#f_school") == "武汉大学"
    student.get_by_role("button", name="预览").click()
    student.wait_for_load_state()
    assert "请上传“录取通知书或调档函”" in student.inner_text("#problems")
    student.fill("#f_major", "软件工程")
    student.select_option("#f_degree", "11")
    student.fill("#f_begins", f"{YEAR}-09-01")
    student.fill("#f_place", "湖北省武汉市洪山区")
    student.set_input_files("#p_admission-choose", photo)
    student.locator("#p_admission .qq-file img").wait_for()
    student.get_by_role("button", name="预览").click()
    student.wait_for_load_state()
    assert "湖北省武汉市洪山区" in student.inner_text("main")
    student.locator(".qq-paper img").scroll_into_view_if_needed()
    student.wait_for_function("() => document.querySelector('.qq-paper img').naturalWidth > 100")
    assert fits(student)
    press(student, "submit")
    confirm(student)
    assert "等待学校审核" in student.inner_text("main")
    key = of(running, "student10")
    assert running.ask(STATE, key) == "awaiting_school"

    office = open_page()
    sign_in(office, "school", at=f"/desk/show/{key}")
    assert "录取学校" in office.inner_text("main")
    office.locator(".qq-paper img").scroll_into_view_if_needed()
    office.wait_for_function("() => document.querySelector('.qq-paper img').naturalWidth > 100")
    press(office, "attest")
    confirm(office)
    assert running.ask(STATE, key) == "in_force"
    assert running.ask(PLAN, key) == "801"


@pytest.mark.rule("DST-03", "PLN-02")
def test_a_student_leaves_it_with_a_photo_and_is_free(running, open_page, photo):
    key, student = of(running, "student10"), phone(open_page)
    sign_in(student, "student10", at=f"/my/destinations/{key}")
    assert "登记已生效" in student.inner_text("main")
    student.get_by_role("link", name="申请解除").click()
    student.fill("#reason", "放弃入学，改为就业")
    student.set_input_files("#files", photo)
    student.fill("#code", asked_code(student, "main [data-qq-code-url]", open_page))
    student.get_by_role("button", name="申请解除").click()
    student.wait_for_load_state()
    assert "放弃入学，改为就业" in student.inner_text("#leaving")
    assert student.get_by_role("button", name="申请解除").is_disabled()
    college = open_page()
    sign_in(college, "school")
    ending = running.ask("SELECT state FROM termination WHERE placement_id = %s", key)
    if ending == "awaiting_college":
        running.do(
            "UPDATE ab_user SET college_id = (SELECT college_id FROM placement WHERE id = %s)"
            " WHERE username = 'college'",
            key,
        )
        first = open_page()
        sign_in(first, "college", at=f"/desk/show/{key}")
        press(first, "termination_approve_college")
        confirm(first)
    college.goto(f"/desk/show/{key}")
    press(college, "termination_approve")
    confirm(college)
    assert running.ask(STATE, key) == "terminated"
    assert running.ask(PLAN, key) is None
    student.goto("/my/destinations/")
    assert student.get_by_role("link", name="录入毕业去向").is_visible()


@pytest.mark.rule("DST-02")
def test_what_was_refused_is_corrected_and_submitted_again(running, open_page):
    student = phone(open_page)
    sign_in(student, "student11")
    key = of(running, "student11")
    student.goto(f"/my/destinations/{key}")
    assert "照片不清晰" in student.inner_text("main")
    press(student, "again")
    confirm(student)
    assert student.input_value("#f_school") == "武汉大学"
    assert "证明.jpg" in student.inner_text("#proofs")
    student.get_by_role("button", name="预览").click()
    student.wait_for_load_state()
    press(student, "submit")
    confirm(student)
    assert of(running, "student11") > key


@pytest.mark.rule("DST-06")
def test_an_administrator_adds_a_kind_and_a_student_is_offered_it(running, open_page):
    admin = open_page()
    sign_in(admin, "admin", at="/destination-kinds/add")
    admin.fill("#code", "ZJ")
    admin.select_option("#type_id", label="升学深造")
    admin.fill("#name", "研究生支教团")
    admin.fill("#hint", "先支教一年，再读研究生。")
    admin.select_option("#plan_code", "503")
    admin.select_option("#plan_code_legacy", "50")
    admin.get_by_role("button", name="保存").click()
    admin.get_by_role("link", name="研究生支教团").click()
    for key, name, kind in (("school", "服务学校", "name"), ("since", "服务开始日期", "date")):
        admin.get_by_role("link", name="新增填写项").click()
        admin.fill("#key", key)
        admin.fill("#name", name)
        admin.select_option("#type", kind)
        admin.get_by_role("button", name="保存").click()
    admin.get_by_role("link", name="新增证明材料").click()
    admin.fill("#key", "letter")
    admin.fill("#name", "支教协议")
    admin.get_by_role("button", name="保存").click()
    admin.wait_for_load_state()
    assert all(
        word in admin.inner_text("main") for word in ("服务学校", "服务开始日期", "支教协议")
    )
    admin.locator("a[href*='/destination-kinds/edit/']").first.click()
    admin.check("#active")  # complete now: students are offered it
    admin.get_by_role("button", name="保存").click()
    admin.wait_for_load_state()
    student = phone(open_page)
    sign_in(student, "student10", at="/my/destinations/new?type=SXSZ")
    student.get_by_role("button", name="研究生支教团").click()
    student.wait_for_load_state()
    assert student.locator("#f_since[type=date]").count() == 1
    assert student.locator("#p_letter").count() == 1
