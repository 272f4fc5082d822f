"""Text messages: the console by default, Aliyun or Tencent Cloud where the installation has an account.

Chinese gateways take no free text, only templates that they have approved: one for codes with one
parameter (the code), one for notices with one parameter (the subject, cut to the gateway's limit), one
for warnings with two (the subject, and the token of the link «this was not me», whose address stands in
the template). Both SDKs are optional; they are imported when first needed, but missed at the start.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from flask import current_app

from app.core import phones
from app.core.text import mask_phone
from config import BadSettings, Config

log = logging.getLogger(__name__)
LINK = re.compile(r"/not-me/([\w-]{20,64})")
FIRST = re.compile(r"/first\b")
PATIENCE = 10  # seconds for one answer of a gateway


@dataclass(frozen=True)
class Text:
    """One text message: whole, and what the templates need of it. `uid` names it for the gateway."""

    uid: str
    phone: str
    subject: str
    body: str
    code: str = ""

    @property
    def token(self) -> str:
        """What the link of a warning ends with; empty for any other message."""
        found = LINK.search(self.body)
        return found[1] if found else ""

    @property
    def is_first(self) -> bool:
        """Whether it also says how to sign in for the first time."""
        return bool(FIRST.search(self.body))


class NotSent(Exception):
    """The gateway said no, with its reason; the job is tried again."""


def reaches(phone: str) -> bool:
    """Whether the gateway of this installation sends to this folded number's country (ACC-13).

    Landlines get no texts anywhere. Whoever it does not reach gets codes by mail.
    """
    if not phones.is_mobile(phone):
        return False
    config: Config = current_app.config["QINGQIAN"]
    known = config.sms_countries.replace(" ", "").split(",")
    return known == ["all"] or str(phones.calling_code(phone)) in known


class Sender(Protocol):
    """What brings a text message to a phone. Raises on failure."""

    def send(self, text: Text) -> None: ...


class ConsoleSender:
    """The default: writes the message to the log, with the phone masked, and says that it went nowhere."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def send(self, text: Text) -> None:
        log.warning("no gateway is set, not sent: SMS to %s: %s", mask_phone(text.phone), text.body)


class Gateway:
    """What both gateways share: which template, and its parameters in their order."""

    longest = 0  # characters of a parameter that an account may use from the start

    def __init__(self, config: Config) -> None:
        self.config = config
        self._made: Any = None

    def parameters(self, text: Text) -> tuple[str, dict[str, str]]:
        """Template and values: code and token whole, a subject cut to what the gateway takes."""
        if text.code:
            return self.config.sms_code_template, {"code": text.code}
        most = self.config.sms_longest or self.longest
        short = text.subject if len(text.subject) <= most else text.subject[: most - 1] + "…"
        if text.token:
            return self.config.sms_warning_template, {"subject": short, "token": text.token}
        first = self.config.sms_first_template if text.is_first else ""
        return first or self.config.sms_notice_template, {"subject": short}

    def client(self) -> Any:
        """The SDK's client, made for the first message."""
        if self._made is None:
            self._made = self.make()
        return self._made

    def make(self) -> object:
        """A client of the SDK with the account's keys."""
        raise NotImplementedError


class AliyunSender(Gateway):
    """Dysmsapi 2017-05-25; parameters are ``code``, ``subject`` and ``token`` in the templates."""

    longest = 35

    def send(self, text: Text) -> None:
        models = import_module("alibabacloud_dysmsapi20170525.models")
        template, values = self.parameters(text)
        request = models.SendSmsRequest(
            phone_numbers=text.phone.removeprefix("+"),  # other countries: code and number
            sign_name=self.config.sms_sign,
            template_code=template,
            template_param=json.dumps(values, ensure_ascii=False),
            out_id=text.uid,
        )
        answer = self.client().send_sms(request).body
        if answer.code != "OK":
            raise NotSent(f"{answer.code}: {answer.message}")

    def make(self) -> object:
        sdk = import_module("alibabacloud_tea_openapi.models")
        config = sdk.Config(
            access_key_id=self.config.sms_key_id,
            access_key_secret=self.config.sms_key_secret,
            endpoint="dysmsapi.aliyuncs.com",
            connect_timeout=PATIENCE * 1000,
            read_timeout=PATIENCE * 1000,
        )
        return import_module("alibabacloud_dysmsapi20170525.client").Client(config)


class TencentSender(Gateway):
    """SMS 2021-01-11; the templates' parameters are ``{1}`` and ``{2}``."""

    longest = 6  # new accounts; the console shows the account's own limit

    def send(self, text: Text) -> None:
        template, values = self.parameters(text)
        request = import_module("tencentcloud.sms.v20210111.models").SendSmsRequest()
        request.PhoneNumberSet = [text.phone]
        request.SmsSdkAppId = self.config.sms_app_id
        request.SignName = self.config.sms_sign
        request.TemplateId = template
        request.TemplateParamSet = list(values.values())
        request.SessionContext = text.uid
        [status] = self.client().SendSms(request).SendStatusSet
        if status.Code != "Ok":
            raise NotSent(f"{status.Code}: {status.Message}")

    def make(self) -> object:
        keys = import_module("tencentcloud.common.credential").Credential(
            self.config.sms_key_id, self.config.sms_key_secret
        )
        http = import_module("tencentcloud.common.profile.http_profile").HttpProfile(
            reqTimeout=PATIENCE
        )
        profile = import_module("tencentcloud.common.profile.client_profile").ClientProfile(
            httpProfile=http
        )
        made = import_module("tencentcloud.sms.v20210111.sms_client").SmsClient
        return made(keys, self.config.sms_region, profile)


SENDERS: dict[str, Callable[[Config], Sender]] = {
    "console": ConsoleSender,
    "aliyun": AliyunSender,
    "tencent": TencentSender,
}
NEEDED = {
    "aliyun": ("alibabacloud_dysmsapi20170525", "alibabacloud-dysmsapi20170525"),
    "tencent": ("tencentcloud.sms", "tencentcloud-sdk-python-sms"),
}


def sender(config: Config) -> Sender:
    """The configured sender. Raises BadSettings where the package of its SDK is not installed."""
    module, package = NEEDED.get(config.sms, ("", ""))
    if module and not _installed(module):
        raise BadSettings(
            f"QINGQIAN_SMS={config.sms} needs the package {package}, which is not installed:"
            f" pip install {package} (see docs/operations.md)"
        )
    return SENDERS[config.sms](config)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False
