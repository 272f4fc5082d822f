"""How Chinese signs are read, for the table by which the database orders names: signs → syllables with tones.

The readings of single signs are pypinyin's; those of surnames stand here, since a dictionary gives the
usual reading first (曾 céng, as a surname zēng). Where a surname has two, the commoner one stands.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

CHAR, SURNAME, WORD = "char", "surname", "word"
_SURNAMES = """
曾 zeng1 仇 qiu2 解 xie4 单 shan4 朴 piao2 区 ou1 查 zha1 盖 ge3 任 ren2 华 hua4 覃 qin2 尉 wei4
繁 po2 缪 miao4 宁 ning2 员 yun4 贠 yun4 晟 cheng2 乐 yue4 柏 bai3 秘 bi4 种 chong2 黑 he4 折 she2
谌 chen2 逄 pang2 翟 zhai2 牟 mu4 那 na1 佴 nai4 郇 xun2 洗 xian3 冼 xian3 瞿 qu2 祭 zhai4
召 shao4 石 shi2 车 che1 应 ying1 纪 ji3 哈 ha3 过 guo1 葛 ge3 占 zhan1 万 wan4 燕 yan1 訾 zi1
臧 zang1 隗 wei3 郗 xi1 郄 qie4 盛 sheng4 沈 shen3 贾 jia3 夏 xia4 卜 bu3 陆 lu4 余 yu2 俞 yu2
于 yu2 干 gan1 谷 gu3 宓 mi4 费 fei4 眭 sui1 炅 gui4 撒 sa4 仉 zhang3 亓 qi2 褚 chu3 妫 gui1
句 gou1 勾 gou1 都 du1 厍 she4 呙 guo1 郏 jia2 阚 kan4 能 nai4 镡 tan2 角 jue2 乜 nie4 幺 yao1
冯 feng2 汤 tang1 宿 su4 隽 juan4 许 xu3 薄 bo2 曲 qu1 蔚 yu4 殷 yin1 景 jing3 强 qiang2 丁 ding1
相 xiang4 钭 tou3 逯 lu4 俱 ju1 阿 a1 曲 qu1 咸 xian2 行 xing2 巴 ba1 佘 she2 邓 deng4 藏 zang4
重 chong2 曹 cao2 尹 yin3 長 zhang3 張 zhang1 單 shan4 華 hua4 區 ou1 蓋 ge3 萬 wan4 紀 ji3
甯 ning4 寧 ning2 繆 miao4 員 yun4 馮 feng2
"""
_COMPOUND = """
尉迟 yu4,chi2 长孙 zhang3,sun1 單于 chan2,yu2 单于 chan2,yu2 万俟 mo4,qi2 澹台 tan2,tai2
令狐 ling2,hu2 诸葛 zhu1,ge3 皇甫 huang2,fu3 淳于 chun2,yu2 鲜于 xian1,yu2 拓跋 tuo4,ba2
相里 xiang4,li3 耶律 ye1,lv4 仆固 pu2,gu4 夏侯 xia4,hou2 欧阳 ou1,yang2 上官 shang4,guan1
司马 si1,ma3 公孙 gong1,sun1 慕容 mu4,rong2 宇文 yu3,wen2 司徒 si1,tu2 东方 dong1,fang1
独孤 du2,gu1 南宫 nan2,gong1 西门 xi1,men2 赫连 he4,lian2 呼延 hu1,yan2 申屠 shen1,tu2
太史 tai4,shi3 濮阳 pu2,yang2 闾丘 lv2,qiu1 钟离 zhong1,li2 宗政 zong1,zheng4 百里 bai3,li3
东郭 dong1,guo1 轩辕 xuan1,yuan2 贺兰 he4,lan2 完颜 wan2,yan2 第五 di4,wu3 尉遲 yu4,chi2
長孫 zhang3,sun1 諸葛 zhu1,ge3 歐陽 ou1,yang2
"""
_WORDS = """
朝阳 chao2,yang2 台州 tai1,zhou1 台山 tai2,shan1 长治 chang2,zhi4 长宁 chang2,ning2
长乐 chang2,le4 长兴 chang2,xing1 长葛 chang2,ge3 长丰 chang2,feng1 长虹 chang2,hong2
长安 chang2,an1 单县 shan4,xian4 六合 lu4,he2 黄埔 huang2,pu3 大埔 da4,bu4 莘县 shen1,xian4
莘庄 xin1,zhuang1 铅山 yan2,shan1 枞阳 zong1,yang2 歙县 she4,xian4 渑池 mian3,chi2 浚县 xun4,xian4
乐亭 lao4,ting2 重型 zhong4,xing2 重工 zhong4,gong1 传化 chuan2,hua4 厦门 xia4,men2 调度 diao4,du4
"""


def readings() -> Iterator[tuple[str, str, str]]:
    """(kind, signs, sound): all single signs, the surnames that are read otherwise, words of two signs."""
    from pypinyin import phrases_dict, pinyin_dict

    chars = {
        chr(code): _toned(said.split(",")[0]) for code, said in pinyin_dict.pinyin_dict.items()
    }
    yield from ((CHAR, sign, sound) for sign, sound in chars.items())
    yield from ((SURNAME, signs, sound) for signs, sound in _table(_SURNAMES + _COMPOUND).items())
    words = {
        signs: " ".join(_toned(said[0]) for said in syllables)
        for signs, syllables in phrases_dict.phrases_dict.items()
        if len(signs) == len(syllables) == 2
    }
    for signs, sound in (words | _table(_WORDS)).items():
        if sound != " ".join(chars.get(sign, "") for sign in signs):
            yield (WORD, signs, sound)


def _table(text: str) -> dict[str, str]:
    parts = text.split()
    return {
        signs: said.replace(",", " ") for signs, said in zip(parts[::2], parts[1::2], strict=True)
    }


_TONES = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}


def _toned(syllable: str) -> str:
    """céng → ceng2, lǜ → lv4; the light tone is 5."""
    letters, tone = "", "5"
    for sign in unicodedata.normalize("NFD", syllable):
        if sign in _TONES:
            tone = _TONES[sign]
        elif sign == "\u0308" and letters.endswith("u"):
            letters = f"{letters[:-1]}v"
        elif sign.isascii() and sign.isalpha():
            letters += sign
        elif sign == "ɡ":
            letters += "g"
    return f"{letters}{tone}"
