"""Gateways for text messages: what is handed to their SDKs (faked here), and the start without them."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

import config as settings
from app.core import sms
from app.core.sms import NotSent, Text

KEYS = {
    "sms_key_id": "id",
    "sms_key_secret": "secret",
    "sms_sign": "青签",
    "sms_code_template": "SMS_1",
    "sms_notice_template": "SMS_2",
    "sms_warning_template": "SMS_3",
    "sms_app_id": "1400",
}
CODE = Text("u1", "13800001234", "您的验证码", "您的验证码是 123456。", "123456")
NOTICE = Text("u2", "13800001234", "星光集团有限公司邀请你签约" * 4, "body")


def configured(kind: str, tmp_path, **more) -> settings.Config:
    env = {"QINGQIAN_MODE": "test", "QINGQIAN_INSTANCE": str(tmp_path), "QINGQIAN_SMS": kind}
    for name, value in {**KEYS, **more}.items():
        env[f"QINGQIAN_{name.upper()}"] = str(value)
    return settings.load(env)


def module(monkeypatch, name: str, **content) -> None:
    made = ModuleType(name)
    made.__dict__.update(content)
    made.__spec__ = SimpleNamespace(name=name)
    made.__path__ = []
    monkeypatch.setitem(sys.modules, name, made)


@pytest.fixture
def aliyun(monkeypatch):
    """A gateway that keeps what it is given, and answers what the test says."""
    seen = SimpleNamespace(requests=[], clients=[], code="OK")

    class Client:
        def __init__(self, config):
            seen.clients.append(config)

        def send_sms(self, request):
            seen.requests.append(request)
            return SimpleNamespace(body=SimpleNamespace(code=seen.code, message="说明"))

    package = "alibabacloud_dysmsapi20170525"
    module(monkeypatch, package)
    module(monkeypatch, f"{package}.models", SendSmsRequest=SimpleNamespace)
    module(monkeypatch, f"{package}.client", Client=Client)
    module(monkeypatch, "alibabacloud_tea_openapi")
    module(monkeypatch, "alibabacloud_tea_openapi.models", Config=SimpleNamespace)
    return seen


@pytest.fixture
def tencent(monkeypatch):
    seen = SimpleNamespace(requests=[], clients=[], code="Ok")

    class SmsClient:
        def __init__(self, keys, region, profile):
            seen.clients.append((keys, region, profile))

        def SendSms(self, request):  # noqa: N802
            seen.requests.append(request)
            status = SimpleNamespace(Code=seen.code, Message="说明")
            return SimpleNamespace(SendStatusSet=[status])

    root = "tencentcloud"
    for name in (
        root,
        f"{root}.sms",
        f"{root}.sms.v20210111",
        f"{root}.common",
        f"{root}.common.profile",
    ):
        module(monkeypatch, name)
    module(monkeypatch, f"{root}.sms.v20210111.models", SendSmsRequest=SimpleNamespace)
    module(monkeypatch, f"{root}.sms.v20210111.sms_client", SmsClient=SmsClient)
    module(monkeypatch, f"{root}.common.credential", Credential=lambda *keys: keys)
    module(monkeypatch, f"{root}.common.profile.http_profile", HttpProfile=SimpleNamespace)
    module(monkeypatch, f"{root}.common.profile.client_profile", ClientProfile=SimpleNamespace)
    return seen


@pytest.mark.rule("ACC-05")
def test_aliyun_gets_a_template_and_its_one_parameter(aliyun, tmp_path):
    sender = sms.sender(configured("aliyun", tmp_path))
    assert aliyun.clients == []  # nothing before the first message
    sender.send(CODE)
    sender.send(NOTICE)
    code, notice = aliyun.requests
    assert (code.template_code, json.loads(code.template_param)) == ("SMS_1", {"code": "123456"})
    assert (code.phone_numbers, code.sign_name, code.out_id) == ("13800001234", "青签", "u1")
    assert notice.template_code == "SMS_2"
    subject = json.loads(notice.template_param)["subject"]
    assert len(subject) == 35
    assert subject.endswith("…")
    [client] = aliyun.clients
    assert (client.access_key_id, client.access_key_secret) == ("id", "secret")


@pytest.mark.rule("ACC-05")
def test_tencent_cloud_gets_a_template_and_its_one_parameter(tencent, tmp_path):
    sender = sms.sender(configured("tencent", tmp_path, sms_longest=20))
    sender.send(CODE)
    sender.send(NOTICE)
    code, notice = tencent.requests
    assert (code.TemplateId, code.TemplateParamSet) == ("SMS_1", ["123456"])
    assert (code.PhoneNumberSet, code.SmsSdkAppId, code.SignName) == (
        ["13800001234"],
        "1400",
        "青签",
    )
    assert [len(value) for value in notice.TemplateParamSet] == [20]
    [(keys, region, _profile)] = tencent.clients
    assert (keys, region) == (("id", "secret"), "ap-guangzhou")


@pytest.mark.rule("INV-20", "NTF-05")
def test_a_warning_keeps_its_link_at_both_gateways(aliyun, tencent, tmp_path):
    token = "a-B_3" * 5
    warning = Text(
        "u3", "13800001234", "账号密码已修改", f"非本人操作请点：https://q.example/not-me/{token}"
    )
    for kind in ("aliyun", "tencent"):
        sms.sender(configured(kind, tmp_path)).send(warning)
    [first], [second] = aliyun.requests, tencent.requests
    assert first.template_code == second.TemplateId == "SMS_3"
    assert json.loads(first.template_param) == {"subject": "账号密码已修改", "token": token}
    assert second.TemplateParamSet[1] == token
    with pytest.raises(settings.BadSettings, match="QINGQIAN_SMS_WARNING_TEMPLATE"):
        configured("aliyun", tmp_path, sms_warning_template="")


@pytest.mark.rule("NTF-02")
def test_what_the_gateway_refuses_counts_as_not_sent(aliyun, tencent, tmp_path):
    aliyun.code, tencent.code = "isv.BUSINESS_LIMIT_CONTROL", "LimitExceeded.PhoneNumberDailyLimit"
    for kind, said in (("aliyun", aliyun.code), ("tencent", tencent.code)):
        with pytest.raises(NotSent, match=said):
            sms.sender(configured(kind, tmp_path)).send(CODE)


def test_a_short_subject_is_not_cut(aliyun, tmp_path):
    sms.sender(configured("aliyun", tmp_path)).send(Text("u", "1", "解约申请", "body"))
    assert json.loads(aliyun.requests[0].template_param) == {"subject": "解约申请"}


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_a_missing_package_stops_the_start_with_its_name(kind, tmp_path):
    from app import create_app

    config = configured(kind, tmp_path)
    config.database_url = "postgresql+psycopg:///nowhere"
    with pytest.raises(settings.BadSettings, match=sms.NEEDED[kind][1]):
        create_app(config)


def test_a_missing_or_unknown_setting_stops_the_start(tmp_path):
    with pytest.raises(settings.BadSettings, match="QINGQIAN_SMS_APP_ID"):
        configured("tencent", tmp_path, sms_app_id="")
    with pytest.raises(settings.BadSettings, match="console, aliyun, tencent"):
        configured("pigeon", tmp_path)


def test_the_console_writes_the_message_and_masks_the_phone(tmp_path, caplog):
    with caplog.at_level("INFO"):
        sms.sender(configured("console", tmp_path)).send(CODE)
    assert "123456" in caplog.text
    assert "13800001234" not in caplog.text


@pytest.mark.rule("ACC-05")
def test_a_code_reaches_the_gateway_by_the_worker_and_is_wiped_after(app, session, monkeypatch):
    from app.accounts import one_time
    from app.core import mail
    from app.core.db import db

    given = []
    monkeypatch.setitem(app.extensions, "sms", SimpleNamespace(send=given.append))
    one_time.send("user:1", "password", mail.SMS, "13800001234")
    message = db.session.query(mail.Message).filter(mail.Message.key.startswith("code:")).one()
    monkeypatch.setattr(app.config["QINGQIAN"], "mode", "production")
    mail.send_message(message.id)
    [text] = given
    assert text.code in text.body
    assert len(text.code) == 6
    assert (message.body_sealed, message.code_sealed) == (None, None)
    assert message.sent_at is not None
