"""Aludel's grader: scores a response 1 or 0 against an answer spec, with the answer found in it and the reason.

The same rulings, reasons and extracted answers as `aludel grade`. One file, standard library only, Python 3.9 or later;
deterministic, total on any text, and bounded: a response is scanned in one pass, an answer of more than 2 KiB is not read.

As a module:

    >>> spec = {"type": "number", "value": 5, "unit": "µM", "tolerance": {"relative": 0.01}}
    >>> grade(spec, "26 of 60 cells. <answer>5,000 nM</answer>")
    {'score': 1, 'extracted': '5,000 nM', 'reason': 'right'}
    >>> grade(spec, "<answer>5 mM</answer>")["reason"]
    'wrong_value'

As a filter, one JSON object a line, `{"id"?, "spec", "response"}` in, `{"id", "score", "extracted", "reason"}` out:

    python grader.py [FILE.jsonl] < lines

An answer spec is a dict with a `type`: number `{value, unit, tolerance: {"relative": x} | {"absolute": x}, comparator}`,
term `{value, synonyms}`, choice `{options, correct}`, boolean `{value}`, direction `{value}`, sequence `{value,
alphabet}`, set and ranking `{items}`.
"""

import json
import math
import re
import sys
import unicodedata
from bisect import bisect_right
from decimal import Decimal
from functools import lru_cache

__all__ = ["BadSpec", "Grader", "check", "grade"]

# The largest answer that is read, in bytes of UTF-8.
MAX_ANSWER_BYTES = 2048
# The largest line that the filter reads.
MAX_LINE_BYTES = 16 << 20
# How long a response without a marker may be and still be the answer.
SHORT_WORDS = 12
SHORT_CHARS = 100
# The most words of explanation beside yes, no or a direction.
MAX_EXPLANATION_WORDS = 15


class BadSpec(ValueError):
    """A spec that no response can be graded against."""


def grade(spec, response):
    """`{"score": 0 | 1, "extracted": str, "reason": str}` for `response` against `spec`.

    A spec that `check` refuses scores 0 with reason `bad_spec: …`. Never raises, whatever the two are.
    """
    try:
        grader = Grader(spec)
    except BadSpec as error:
        return _wrong("", "bad_spec: %s" % error)
    return grader.grade(response)


def check(spec):
    """Raises `BadSpec` when no response could be graded against `spec`."""
    Grader(spec)


class Grader:
    """A spec made ready for many responses; raises `BadSpec` as `check` does."""

    def __init__(self, spec):
        self._key = _prepared(spec)

    def grade(self, response):
        """Scores one response, as the function `grade`."""
        key = self._key
        found = _extract(_text(response), key.short_words, key.short_chars, key.is_list)
        if isinstance(found, str):
            return _wrong("", found)
        extracted, miss = self._judge(found)
        reason = miss or "right"
        if found.n_tags > 1:
            reason = "%s; n_tags=%d" % (reason, found.n_tags)
        return {"score": 0 if miss else 1, "extracted": extracted, "reason": reason}

    def _judge(self, found):
        key = self._key
        content = _strip(found.text)
        if not content:
            return "", "empty"
        if _n_bytes(content) > MAX_ANSWER_BYTES:
            return content[:200], "too_long"
        if found.open_mark:
            content = content.replace(found.open_mark, "", 1)
        wrapped = _json_answer(content)
        if wrapped is None:
            text = _undress(content, found.boxed)
        elif isinstance(wrapped, list):
            if not key.is_list:
                return content, "not_one_answer"
            text = json.dumps(wrapped, ensure_ascii=False, separators=(",", ":"))
        else:
            text = _undress(wrapped, False)
        text = _without_marker(text)
        if not _strip(text):
            return text, "empty"
        if key.max_words is not None and _n_words(text) > key.max_words:
            return text, "longer_than_key"
        return text, key.judge(text)


def _wrong(extracted, reason):
    return {"score": 0, "extracted": extracted, "reason": reason}


def _text(response):
    """`response` as text without surrogates: each one is read as the three U+FFFD that its bytes decode to."""
    if response is None:
        return ""
    if isinstance(response, (bytes, bytearray)):
        return bytes(response).decode("utf-8", "replace")
    text = response if isinstance(response, str) else str(response)
    return _SURROGATE.sub("\ufffd\ufffd\ufffd", text)


_SURROGATE = re.compile("[\ud800-\udfff]")


# Characters. Python releases differ in their Unicode version, so the properties that decide are tables here:
# alternating gaps and lengths of runs, base 36; characters below U+0080 are left out.

_ALPHABETIC = (
    "4q 1 a 1 4 1 5 n 1 v 1 cq 4 c e 5 7 1 1 1 2e 1 t i 1 2 2 4 1 1 6 1 1 3 1 1 1 k 1 2b 1 3v 8 4m 1 12 2 1 6 "
    "15 13 e 1 1 1 2 1 2 1 1 8 r 4 4 t b 5 1k 1 7 e 2u 1 8 4 8 4 3 a 3 2 1 g 1c d 2t o x 9 2 4 1 5 o 2 j j p "
    "7 b 5 o 1 7 7 1 8 16 a c 3 7 6 24 1 g 1 3 4 f d j 1 8 2 2 2 m 1 7 1 1 3 4 3 8 2 2 2 2 1 1 8 1 4 2 1 5 c "
    "2 a 1 4 3 1 6 4 2 2 m 1 7 1 2 1 2 1 2 4 5 4 2 2 2 4 1 7 4 1 1 h 6 b 3 1 9 1 3 1 m 1 7 1 2 1 5 3 9 1 3 1 "
    "2 3 1 f 4 l 4 4 3 1 8 2 2 2 m 1 7 1 2 1 5 3 8 2 2 2 2 9 2 4 2 1 5 d 1 g 2 1 6 3 3 1 4 3 2 1 1 1 2 3 2 3 "
    "3 3 c 4 5 3 3 1 3 3 1 6 1 14 d 1 3 1 n 1 g 3 8 1 3 1 3 8 2 1 3 1 2 2 4 s 4 1 8 1 3 1 n 1 a 1 5 3 8 1 3 1 "
    "3 8 2 5 3 1 4 d 3 c d 1 3 1 15 2 8 1 3 1 3 1 1 5 4 7 5 m 6 1 3 1 i 3 o 1 9 1 1 2 7 8 6 1 1 1 8 i 2 d 1m "
    "5 7 6 1 1f 2 1 1 1 5 1 o 1 1 1 j 1 3 2 5 1 1 6 1 e 4 w 1 1r 8 1 10 4 j 4 g 1 10 1v 1j 1 1 2 5 g 1s a 4 2 "
    "12 1 1 5 1 2 17 1 99 1 4 2 7 1 1 1 4 2 15 1 4 2 x 1 4 2 7 1 1 1 4 2 f 1 1l 1 4 2 1v 11 g g 2e 2 6 3 h8 2 "
    "h 1 q 5 23 3 b 7 k b l c k c d 1 3 1 2 c 1g 2 j e 1 4 1 1v 2h 7 17 5 1y a v 1 c 4 9 n u 2 5 b 18 4 q 1i "
    "s 4 1r 2 k 1e 1 n 2 b 3 1d 1g 1 f 1 8 1f 16 2 4 a 18 1 b e 1j m 3 a 10 2 b 5 17 2 3 15 4 1 6 1 2 3 1 5 "
    "5c j y b 7q 2 6 2 12 2 6 2 8 1 1 1 1 1 1 1 v 2 1h 1 7 1 1 3 3 1 7 3 4 2 6 4 d 5 3 1 7 38 1 d 1 g d 2t 1 "
    "4 1 2 a 1 1 3 5 6 1 1 1 1 1 1 4 1 b 2 4 5 5 4 1 h 15 ml 1g 1ee 6d 6 4 3 2 c 12 1 1 5 1 2 1k 7 1 g n 9 7 "
    "1 7 1 7 1 7 1 7 1 7 1 7 1 7 1 w 1b 1 d1 3 p 9 7 5 2 5 4 2e 6 3 1 2i 1 4 5 17 1 2m h w 1c g e8 534 1s h3h "
    "1v 1a 2 7h 3 g a 2 k 1b 5 8 3 35 13 9 2 2v 2 2a k l 1 x o 1g c 1w 1 1 18 6 3 1 1 3 a x 5 z d t 3 1f 1 c "
    "f 1 g g a 5 1 1j 9 e i n 3 1x 1 1 1 1 o 3 2 g 2 4 b 6 2 6 2 6 9 7 1 7 1 17 1 e 6 3f l 8mc c n 4 1d 6is "
    "a6 2 2y 12 7 c 5 5 c 1 d 1 5 1 1 1 2 1 2 1 30 x a3 i 1s 2 1i 14 c 38 5 1 3r 10 q 6 q b 2h 3 6 2 6 2 6 2 "
    "3 z c 1 q 1 j 1 2 1 f 2 e y 3f 1x 1h 7f t 3 1d 1b w d u 5 17 5 u 2 10 4 8 1 5 16 4e i 10 4 10 4 14 8 1g "
    "c b 1 f 1 7 1 2 1 b 1 f 1 7 1 2 3 1g c 8n 9 m a 8 o 6 1 16 1 9 1x 6 2 1 1 18 1 2 3 1 2 n a n 9 v 1t j 1 "
    "2 a m a q 6 q 12 1k 6 2 1s 4 1 2 5 8 1 3 1 t 16 t 3 t z 8 1 s r 1i a m a j d i 32 21 1j 1f d 1f d 14 y s "
    "3 1 5 n 6y 16 1 2 3 2 g 6 1e 3 3 t a 1 8 m 16 i 1a l r n 9 1y 17 5 a 1l 9 1 d p n 1f h 4 8 z 3 1 9 1s 1 "
    "4 9 2 a 1 1 1 z i 1 y 2 1 6 4 1q 7 1 1 1 4 1 f 1 a 7 1l n 4 1 8 2 2 2 m 1 7 1 2 1 5 3 8 2 2 2 2 3 1 6 1 "
    "5 7 s a 1 1 2 1 1 12 1 a 1 1 2 1 1 4 1 2 3 1 1 1 18 1u 1 3 1 4 k 3 u 1u 2 2 1 1 54 1i 2 7 p 6 y 1r 1 1 3 "
    "1 1n 1i 2 1 1z r 2 e l 7 55 1l 2v 1s v 8 2 1 2 8 1 2 1 u 1 2 2 2 2 4 2l 8 2 1a 2 6 1 1 1 2 r 1f 2 a h 20 "
    "5 1 i 21 2v 8 2g x v 9 1 19 1 7 1 1 1d u 2 m 1 e 21 7 1 2 1 18 3 1 1 2 1 3 1 1 2 2 o 6 1 2 1 11 1 2 1 4 "
    "1 1 n 18 78 n 9 h 1 15 3 3 33 1 27 pm 2u 33 h 5g 218 2p f ts h 6 p 32z 5 g7 5a1 1b 1ch ft 7 v h 27 h u i "
    "1c g 4 v l 5 j c0 19 5v 1s w p 2 p 18 23 4 1l 7 h 1s 2 1 1 c 7 9 5p2 15 w 2p 37 6pp 4 1 7 1 2 1 83 f 1 t "
    "3 2 1 e 4 8 b0 1s4 2z 5 d 3 9 7 a 4 1 4m9 2d 1 1z 1 2 2 1 2 2 2 4 1 c 1 1 1 7 1 1t 1 4 2 8 1 7 1 s 1 4 1 "
    "5 1 1 3 7 1 9g 2 p 1 p 1 v 1 p 1 v 1 p 1 v 1 p 1 v 1 p 1 8 1f8 v 6 6 5x 7 1 h 2 7 1 2 1 5 5 1q x 1 34 19 "
    "a 7 g 1 8x u i 18 dg s 6c u 2 1 5r v 1 m 8 2 68 7 1 4 1 2 1 f 1 5h 1n 1w 3 1 3 1 xg 4 1 r 1 2 1 1 2 1 1 "
    "a 1 4 1 1 1 1 6 1 4 1 1 1 1 1 1 3 1 2 1 1 2 1 1 1 1 1 1 1 1 1 1 2 1 1 2 4 1 7 1 4 1 4 1 1 1 a 1 h 5 3 1 "
    "5 1 h hg q 6 q 6 q 2uu wyo w 3dq 2 4ge 2 5rl f ha 1wi f2 15u 3t7 5 6ju"
)
_NUMERIC = (
    "4y 2 5 1 2 3 141 a 3q a 5i a bg a 3a a 4 6 30 a 3a a 3a a 2 6 32 d 37 a 8 7 2v a 2w 7 7 j 31 a 2o a 3a a "
    "1y k 7g a 1y a jz k oh 3 6n a 6 a m a 8c a 3k b 4l a 6 a 52 a 2e a 3q a 6 a t2 1 3 6 6 a 5i 1f 2 5 k6 1o "
    "26 m hi u 12h 1 ll 1 p 9 e 3 9j 4 3u a u 8 1 f w a 13 f msg a 58 a 8w 6 4a a 12 a 5i a m a 2e a ba a geu "
    "a dp 19 c 1l h 2 9h r 10 4 t 1 8 1 3q 5 5m a q6 8 p 7 13 9 23 5 m 6 4g 2 2 g 2 1a 1s 9 1g 2 u 3 23 5 2w "
    "8 o 8 15 7 96 6 1c a 6 a 7q v 4e a 16 4 34 7 3q u 3k a 1o a 40 a 7 k 6z a 9i a 3a a ae a 2u a 6 k 24 c "
    "bo j 2l a ie a 2e t 6b a 1y a 1i a 9y a 2u l tn 33 c01 a 1t2 a 2e a 3q a 1 7 em a 7a n 9p 3 id5 a 152 k "
    "c k 30 p ut 1e 1ts a bq a dy a 6v a jw 9 3k a lz 1n 1 3 1 4 24 19 1 f qq d 25f a"
)
_UPPERCASE = (
    "5c n 1 7 x 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 1 1 1 1 3 2 1 1 1 2 1 3 2 4 1 2 1 3 3 2 1 2 1 1 1 1 1 2 1 1 2 1 "
    "1 2 1 3 1 1 1 2 3 1 7 1 2 1 2 1 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 1 "
    "2 1 1 3 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 7 2 1 2 2 1 1 4 1 1 1 1 1 1 1 1 81 1 1 1 3 1 8 1 6 1 1 3 1 1 1 2 1 h 1 9 z 1 2 3 3 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 5 1 2 1 1 2 2 1f 1c 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 9 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 1 1 1 1 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 12 289 12 1 1 5 1 k2 2e 1oz 1 6 17 2 3 8w 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 9 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 9 8 8 6 a 8 8 8 8 6 b 1 1 1 1 1 1 1 8 8 20 4 "
    "c 4 c 4 c 5 b 4 7a 1 4 1 3 3 2 3 2 1 3 5 6 1 1 1 1 1 1 4 2 4 a 2 5 1 q g j 1 mq q 1f4 1c 1c 1 1 3 2 1 1 "
    "1 1 1 1 4 1 1 2 1 8 3 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 8 1 1 1 4 1 nyl 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 j 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 3r 1 1 1 1 1 1 1 1 1 1 1 1 1 3 1 1 1 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
    "1 1 1 1 1 1 a 1 1 1 1 2 1 1 1 1 1 1 1 1 4 1 1 1 2 1 1 1 3 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 5 1 5 "
    "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 4 1 1 1 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 o 1 h7v q xx 14 3s 10 4c b 1 f 1 "
    "7 1 2 1d6 1f 4d m 27u w gw0 w 1s p k07 q q q q q q 1 1 2 2 1 2 2 2 4 1 8 q q q 2 1 4 2 8 1 7 r 2 1 4 1 5 "
    "1 1 3 7 r q q q q q q q q q q q u p x p x p x p x p x 1 3ed y 1la q 6 q 6 q"
)
_MARKS = (
    "lc 34 7n 7 7b 19 1 1 1 2 1 2 1 3 1y b 1c l g 1 2t 7 2 6 2 2 1 4 z 1 u r 2j b 1m 9 9 1 o 4 1 9 1 3 1 5 17 "
    "3 1n 9 16 o 1 x 1i 3 1 i 1 7 a 2 t 3 1k 1 1 7 2 2 2 3 9 1 a 2 q 1 2 3 1k 1 1 5 4 2 2 3 3 1 u 2 3 1 b 3 "
    "1k 1 1 8 1 3 1 3 k 2 m 6 1 3 1k 1 1 7 2 2 2 3 5 5 a 2 u 1 1n 5 3 3 1 4 9 1 14 5 1j 1 1 7 1 3 1 4 7 2 b 2 "
    "t 3 1k 1 1 7 1 3 1 4 7 2 b 2 f 1 c 4 1j 2 1 7 1 3 1 4 9 1 a 2 t 3 1y 1 4 6 1 1 1 8 i 2 1p 1 2 7 c 8 2q 1 "
    "2 9 b 7 21 2 r 1 1 1 1 1 4 2 1d k 1 2 5 b 1 10 9 1 2s k n 4 4 3 1 3 2 7 3 4 d c 1 1 a 4 jj 3 qa 4 s 3 t "
    "2 u 2 1s w 9 1 19 3 1 1 39 2 y 1 3a c 4 c 63 5 1l a 1 t 2 1 1c 1t f 5 1b h 12 9 c 3 u d 1k e 1c k 48 3 1 "
    "l 4 1 6 1 2 3 5i 1s k0 x 2da 3 3x 1 2o w fe 6 2x 2 n9w 4 1 a w 2 28 2 7k 1 3 1 4 1 n 5 4 1 2b 2 1e i q i "
    "d 1 12 8 p d 18 4 1b e 10 1 1v e c 1 8 2 19 3 1e 1 1 3 2 2 5 2 1 1 15 5 5 2 6k 8 1 2 fn4 1 kh g g g r1 1 "
    "6a 1 45 5 1ae 3 1 2 5 4 14 3 4 1 4l 2 fx 4 1t 5 8t 2 u 5 w g 1y b 1d 4 3e 3 1h f 15 1 2 2 a 4 19 b 7 1 "
    "1p 3 10 e g 2 18 1 c 3 1c e 8 4 1 2 2k c 6 1 2 1 4d c l 4 1j 2 1 7 2 2 2 3 9 1 a 2 2 7 3 5 1v 9 1 1 2 1 "
    "1 4 1 5 1 1 e 2 2a i n 1 29 k 6j 7 2 9 r 2 2a h 2y d 2t f 74 f 6t 6 1 2 2 4 1 1 1 2 3x 7 2 7 3 1 s a 14 "
    "7 1 4 8 1 9 b 1a g 5i 8 5j 8 1 8 2a m 1 e 3e 6 3 1 1 2 1 7 1 1 1u 5 1 2 1 5 2g 1 76 4 9 2 1 1 1c 7 3 5 n "
    "1 44l 1 6 f 8ug i 1xc 5 1n 7 t4 1 1 1j 7 4 29 1 b 2 f57 2 3mp 1a 2 n dc 2 1o 5 3 6 8 8 2 7 u 4 44 3 b 3 "
    "8 2 2 1 w 2 1ha 1j 4 1e 8 1 e 1 m 5 1 f 11s 7 1 h 2 7 1 2 1 5 2s 1 4g 7 af 1 1p 4 e4 4 72 2 6r 1 2 1 7 2 "
    "5 1 d6 7 31 7 gzhx 6o"
)
_NEW_LOWER = (
    "1c89:1c8a 2c2f:2c5f a7c0:a7c1 a7cb:264 a7cc:a7cd a7ce:a7cf a7d0:a7d1 a7d2:a7d3 a7d4:a7d5 a7d6:a7d7 "
    "a7d8:a7d9 a7da:a7db a7dc:19b 10570-1057a:10597 1057c-1058a:105a3 1058c-10592:105b3 10594-10595:105bb "
    "10d50-10d65:10d70 16ea0-16eb8:16ebb"
)
_NEW_CANONICAL = (
    "105c9:105d2+307 105e4:105da+307 11383:11382+113c9 11385:11384+113bb 1138e:1138b+113c2 11391:11390+113c9 "
    "113c5:113c2+113c2 113c7:113c2+113b8 113c8:113c2+113c9 16121:1611e+1611e 16122:1611e+16129 "
    "16123:1611e+1611f 16124:16129+1611f 16125:1611e+16120 16126:1611e+1611e+1611f 16127:1611e+16129+1611f "
    "16128:1611e+1611e+16120 16d68:16d67+16d67 16d69:16d63+16d67 16d6a:16d63+16d67+16d67"
)
_NEW_COMPATIBLE = (
    "558:567 58b:56b 58c:575 209d:77 209e-209f:79 a7f1:53 a7f2:43 a7f3:46 a7f4:51 10781-10782:2d0 10783:e6 "
    "10784:299 10785:253 10787:2a3 10788:ab66 10789:2a5 1078a:2a4 1078b-1078c:256 1078d:1d91 1078e:258 "
    "1078f:25e 10790:2a9 10791:264 10792:262 10793:260 10794:29b 10795:127 10796:29c 10797:267 10798:284 "
    "10799-1079a:2aa 1079b:26c 1079c:1df04 1079d:a78e 1079e:26e 1079f:1df05 107a0:28e 107a1:1df06 107a2:f8 "
    "107a3-107a4:276 107a5:71 107a6:27a 107a7:1df08 107a8-107a9:27d 107aa:280 107ab:2a8 107ac:2a6 107ad:ab67 "
    "107ae:2a7 107af:288 107b0:2c71 107b2:28f 107b3-107b4:2a1 107b5:298 107b6-107b8:1c0 107b9:1df0a "
    "107ba:1df1e 107bb:287 107bc-107bd:296 107be:29e 107bf:1df0b 1b123:3053+3068 1b124:30c8+30ad "
    "1b125:30c8+30c6 1b126:30e8+30ea 1ccd6-1ccef:41 1ccf0-1ccf9:30 1d6a6:df 1df95:df 1dfcd-1dfcf:1df57 "
    "1dfd0:263 1dfd1:1d18 1dfd2:180 1dfd3:111 1dfd4:1e5 1dfd5:142 1dfd6:19a 1dfd7:1df50 1dfd8:1df3e 1dfd9:249 "
    "1dfda:1d7f 1dfdb:1df3f 1dfdc:19e 1dfdd:27c 1dfde-1dfdf:238 1dfe0:1df2b 1dfe1:1df19 1dfe2:286 1dfe3:1d98 "
    "1dfe4:1df2c 1dfe5:1df1c 1dfe6:293 1dfe7:1d9a 1dfe8:1d05 1dfe9:1d00 1dfea:1d07 1dfeb:27f 1dfec:285 "
    "1dfed-1dfee:2ae 1dfef:221 1dff0-1dff2:234 1dff3-1dff4:3c8 1dff5:1d81 1dff6:a795 1dff7:1d87 1dff8:1d8a "
    "1dff9:1d8e 1dffa:188 1dffb:199 1dffc:1a5 1dffd:2a0 1dffe:1ad 1dfff:1df09 1e030-1e038:430 1e039-1e03b:43a "
    "1e03c-1e046:43e 1e047:44b 1e048-1e049:44d 1e04a:a689 1e04b:4d9 1e04c:456 1e04d:458 1e04e:4e9 1e04f:4af "
    "1e050:4cf 1e051-1e059:430 1e05a-1e05b:43a 1e05c-1e05d:43e 1e05e:441 1e05f-1e064:443 1e065-1e066:44a "
    "1e067:491 1e068:456 1e069:455 1e06a:45f 1e06b:4ab 1e06c:a651 1e06d:4b1"
)


class _Chars:
    """A set of characters: the given ASCII ones and a table of runs."""

    def __init__(self, ascii_chars, table=""):
        self.ascii = frozenset(ascii_chars)
        self.starts = []
        self.ends = []
        at = 0
        numbers = [int(number, 36) for number in table.split()]
        for gap, length in zip(numbers[::2], numbers[1::2]):
            self.starts.append(at + gap)
            at += gap + length
            self.ends.append(at)

    def __contains__(self, char):
        if char < "\x80":
            return char in self.ascii
        point = ord(char)
        run = bisect_right(self.starts, point)
        return run > 0 and point < self.ends[run - 1]


def _mapping(table):
    """Characters to strings, from `first[-last]:target[+target]` in base 16; a run maps to a run."""
    mapping = {}
    for row in table.split():
        points, targets = row.split(":")
        first, _, last = points.partition("-")
        first, last = int(first, 16), int(last or first, 16)
        targets = [int(target, 16) for target in targets.split("+")]
        for point in range(first, last + 1):
            mapping[point] = "".join(chr(target + point - first) for target in targets)
    return mapping


_LOWER_ASCII = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = frozenset("0123456789")
_ALPHA = _Chars(_LOWER_ASCII + _LOWER_ASCII.upper(), _ALPHABETIC)
_NUMBER = _Chars(_DIGITS, _NUMERIC)
_UPPER = _Chars(_LOWER_ASCII.upper(), _UPPERCASE)
_MARK = _Chars("", _MARKS)
_SPACE_CHARS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_SPACE = frozenset(_SPACE_CHARS)
_NOT_SPACE = re.compile("[^%s]+" % _SPACE_CHARS)
_LOWER_OF_NEW = _mapping(_NEW_LOWER)
_CANONICAL_OF_NEW = _mapping(_NEW_CANONICAL)
_COMPATIBLE_OF_NEW = {**_CANONICAL_OF_NEW, **_mapping(_NEW_COMPATIBLE)}
_ASCII_ALNUM = _ALPHA.ascii | _DIGITS
_ASCII_LOWERED = {ord(c): c.lower() for c in _LOWER_ASCII.upper()}
_ASCII_UPPERED = {ord(c): c.upper() for c in _LOWER_ASCII}
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_SUPERSCRIPTS = {c: digit for digit, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_VULGAR = {
    "¼": 1 / 4, "½": 1 / 2, "¾": 3 / 4, "⅐": 1 / 7, "⅑": 1 / 9, "⅒": 1 / 10, "⅓": 1 / 3, "⅔": 2 / 3, "⅕": 1 / 5,
    "⅖": 2 / 5, "⅗": 3 / 5, "⅘": 4 / 5, "⅙": 1 / 6, "⅚": 5 / 6, "⅛": 1 / 8, "⅜": 3 / 8, "⅝": 5 / 8, "⅞": 7 / 8,
}
# Default-ignorable code points that are dropped; bidi overrides and controls are not, they make an answer unequal.
_IGNORABLE = re.compile(
    "[\xad\u034f\u061c\u180b-\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_HYPHENS = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")


def _is_alnum(char):
    return char in _ASCII_ALNUM if char < "\x80" else char in _ALPHA or char in _NUMBER


def _starts(text, chars):
    return bool(text) and text[0] in chars


def _starts_alnum(text):
    return bool(text) and _is_alnum(text[0])


def _strip(text):
    return text.strip(_SPACE_CHARS)


def _lstrip(text):
    return text.lstrip(_SPACE_CHARS)


def _rstrip(text):
    return text.rstrip(_SPACE_CHARS)


def _n_bytes(text):
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _n_words(text):
    return sum(1 for _ in _NOT_SPACE.finditer(text))


def _ascii_lower(text):
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWERED)


def _lower(text):
    return text.lower() if text.isascii() else text.translate(_LOWER_OF_NEW).lower()


def _same(a, b):
    """Equal but for the case of ASCII letters."""
    return a == b or (len(a) == len(b) and _ascii_lower(a) == _ascii_lower(b))


def _run(text, at, chars):
    """The end of the run of `chars` that starts at `at`."""
    n = len(text)
    while at < n and text[at] in chars:
        at += 1
    return at


def _run_back(text, end, chars):
    """The start of the run of `chars` that ends at `end`."""
    while end > 0 and text[end - 1] in chars:
        end -= 1
    return end


def _words_of(text, extra=""):
    """The runs of letters, digits and `extra`."""
    words = []
    word = []
    for char in text:
        if _is_alnum(char) or char in extra:
            word.append(char)
        elif word:
            words.append("".join(word))
            word = []
    if word:
        words.append("".join(word))
    return words


def _divide(a, b):
    """IEEE division."""
    if b != 0.0:
        return a / b
    return math.nan if a == 0.0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _power(base, exponent):
    """`base` to an integer power, by squaring, rounded at each step."""
    result = 1.0
    left = abs(exponent)
    while True:
        if left & 1:
            result *= base
        left >>= 1
        if left == 0:
            return _divide(1.0, result) if exponent < 0 else result
        base *= base


# The closed lists: letter for letter the tables that the Rust grader reads.

_WORDS_TSV = """# The grader's closed lists (GRADER.md part C): kind, phrase, value where there is one. Case does not count.
approximator	about
approximator	around
approximator	approximately
approximator	approx.
approximator	approx
approximator	roughly
approximator	circa
approximator	ca.
approximator	ca
approximator	c.
approximator	some
approximator	nearly
approximator	almost
approximator	at most about
approximator	~
approximator	≈
approximator	∼
approximator	≃
approximator	≅
less	less than or equal to
less	less than
less	fewer than
less	lower than
less	smaller than
less	under
less	below
less	up to
less	at most
less	no more than
less	not more than
less	<=
less	=<
less	≤
less	⩽
less	≦
less	<
greater	greater than or equal to
greater	more than or equal to
greater	more than
greater	greater than
greater	higher than
greater	larger than
greater	over
greater	above
greater	at least
greater	no less than
greater	not less than
greater	no fewer than
greater	>=
greater	≥
greater	⩾
greater	≧
greater	>
number	zero	0
number	one	1
number	two	2
number	three	3
number	four	4
number	five	5
number	six	6
number	seven	7
number	eight	8
number	nine	9
number	ten	10
number	eleven	11
number	twelve	12
number	thirteen	13
number	fourteen	14
number	fifteen	15
number	sixteen	16
number	seventeen	17
number	eighteen	18
number	nineteen	19
number	twenty	20
number	thirty	30
number	forty	40
number	fourty	40
number	fifty	50
number	sixty	60
number	seventy	70
number	eighty	80
number	ninety	90
scale	hundred	1e2
scale	thousand	1e3
scale	million	1e6
scale	billion	1e9
special	half	0.5
special	twice	2
special	doubled	2
special	none	0
quantity	half
quantity	halves
quantity	halved
quantity	third
quantity	thirds
quantity	quarter
quantity	quarters
quantity	dozen
quantity	dozens
quantity	hundreds
quantity	thousands
quantity	millions
quantity	billions
quantity	trillion
quantity	trillions
quantity	twice
quantity	thrice
quantity	doubled
quantity	tripled
quantity	double
quantity	triple
quantity	couple
quantity	none
tail_stop	or
tail_stop	nor
tail_stop	not
tail_stop	no
tail_stop	but
tail_stop	maybe
tail_stop	possibly
tail_stop	perhaps
tail_stop	to
tail_stop	through
tail_stop	between
tail_stop	versus
tail_stop	vs
tail_stop	either
tail_stop	neither
tail_stop	wait
tail_stop	actually
tail_stop	rather
tail_stop	least
tail_stop	most
tail_stop	minimum
tail_stop	maximum
tail_stop	plus
tail_stop	minus
tail_stop	wrong
tail_stop	incorrect
tail_stop	false
tail_stop	±
lead_filler	so
lead_filler	thus
lead_filler	therefore
lead_filler	hence
lead_in	the answer is
lead_in	the correct answer is
lead_in	the final answer is
lead_in	the best answer is
lead_in	it is
lead_in	it was
lead_in	this is
option_word	option
option_word	choice
hedge	most likely
hedge	probably
hedge	likely
hedge	i think
hedge	perhaps
true	yes
true	true
true	correct
true	affirmative
true	y
true	t
false	no
false	false
false	incorrect
false	negative
false	n
false	f
increase	increase
increase	increases
increase	increased
increase	increasing
increase	up
increase	upregulate
increase	upregulates
increase	upregulated
increase	upregulation
increase	higher
increase	greater
increase	more
increase	rise
increase	rises
increase	rose
increase	risen
increase	raised
increase	elevated
increase	elevation
increase	enhanced
increase	gain
increase	grew
increase	↑
decrease	decrease
decrease	decreases
decrease	decreased
decrease	decreasing
decrease	down
decrease	downregulate
decrease	downregulates
decrease	downregulated
decrease	downregulation
decrease	lower
decrease	lowered
decrease	less
decrease	fewer
decrease	fall
decrease	falls
decrease	fell
decrease	fallen
decrease	reduce
decrease	reduces
decrease	reduced
decrease	reduction
decrease	decline
decrease	declines
decrease	declined
decrease	diminished
decrease	drop
decrease	drops
decrease	dropped
decrease	loss
decrease	↓
no_change	no change
no_change	unchanged
no_change	unaffected
no_change	unaltered
no_change	not changed
no_change	did not change
no_change	not affected
no_change	not altered
no_change	no difference
no_change	no effect
no_change	no significant change
no_change	no significant difference
no_change	no significant effect
no_change	not significantly different
no_change	remained constant
no_change	remained stable
no_change	remained the same
no_change	↔
negation	not
negation	no
negation	never
negation	neither
negation	nor
negation	without
negation	non
negation	cannot
negation	nothing
negation	nonsignificant
negation	insignificant
negation	failed
negation	fails
negation	fail
negation	lack
negation	lacked
negation	opposite
negation	anything
"""

_UNITS_TSV = """# One unit a line. dimension: base names with exponents; scale: how many of the base it is; offset: base value of 0;
# prefixes: allowed SI prefix symbols ("-" for none, "!" first: never without one); symbols: case counts; names: case does
# not count, a plural s is allowed on the last word, SI prefix names go with them where prefixes are allowed.
# dimension	scale	offset	prefixes	symbols	names
m	1	0	fpnμmcdkM	m	metre,meter
m	1e-6	0	-	-	micron
m	1e-10	0	-	Å	angstrom,ångström,ångstrom,angström
m3	1e-3	0	fpnμmcdkM	L,l	litre,liter
m3	1e-6	0	-	cc	-
g	1	0	fpnμmcdkM	g	gram,gramme
g	1e-6	0	-	mcg	-
s	1	0	fpnμm	s	second
s	1	0	μm	!sec	-
s	1	0	-	secs,sec	-
s	60	0	-	min,mins	minute
s	3600	0	-	h,hr,hrs	hour
s	86400	0	-	d	day
s	604800	0	-	wk,wks	week
month	1	0	-	mo	month
month	12	0	-	yr,yrs,y	year
A	1	0	fpnμmkM	A	ampere,amp
K	1	0	μm	K	kelvin,degree kelvin,degree k
K	1	273.15	-	°C,C	degree celsius,degree centigrade,degree c,deg c,celsius,centigrade
K	0.5555555555555556	255.3722222222222	-	°F,F	degree fahrenheit,degree f,deg f,fahrenheit
mol	1	0	fpnμmk	mol	mole
mol m-3	1000	0	fpnμm	M	molar
s-1	1	0	nμmkMGT	Hz	hertz
g m2 s-2	1000	0	fpnμmkMG	J	joule
g m2 s-2	4184	0	mkM	cal	calorie
g m2 s-2	1.602176634e-16	0	mkM	eV	electronvolt,electron volt
g m2 s-3	1000	0	fpnμmkMGT	W	watt
g m s-2	1000	0	fpnμmkM	N	newton
g m-1 s-2	1000	0	nμmkMGh	Pa	pascal
g m-1 s-2	133322.387415	0	-	mmHg,Torr	mm hg,millimetre of mercury,millimeter of mercury,millimetres of mercury,millimeters of mercury,torr
g m-1 s-2	98066.5	0	-	cmH2O	cm h2o
g m-1 s-2	1e8	0	mk	bar	-
g m-1 s-2	101325e3	0	-	atm	atmosphere
g m2 s-3 A-1	1000	0	nμmkM	V	volt
g m2 s-3 A-2	1000	0	mkMG	Ω	ohm
g-1 m-2 s3 A2	1e-3	0	fpnμm	!S	siemens
g-1 m-2 s4 A2	1e-3	0	fpnμm	!F	farad
svedberg	1	0	-	S	svedberg
Da	1	0	kM	Da	dalton
bp	1	0	kMGT	bp,b	base pair,basepair,base
nt	1	0	k	nt	nucleotide
aa	1	0	-	aa	amino acid,amino acid residue,residue
Gy	1	0	μmck	Gy	gray
Bq	1	0	nμmkMGT	Bq	becquerel
Bq	3.7e10	0	nμmk	Ci	curie
m s-1	0.44704	0	-	mph	mile per hour,miles per hour
U	1	0	nμmk	U	unit,enzyme unit
IU	1	0	nμmk	IU	international unit
osm	1	0	μmk	Osm	osmole
eq	1	0	μm	Eq	equivalent
cell	1	0	-	-	cell
cfu	1	0	-	CFU	colony forming unit
pfu	1	0	-	PFU	plaque forming unit
copy	1	0	-	-	copy,copies
fold	1	0	-	fold	-
percent	1	0	-	%,pct	percent,per cent,percentage point,percent point,% w/v,% (w/v),% v/v,% (v/v),% w/w,% (w/w)
permille	1	0	-	‰	per mille,permille,per mil,permil
ppm	1	0	-	ppm	part per million,parts per million
ppb	1	0	-	ppb	part per billion,parts per billion
rpm	1	0	-	rpm	revolution per minute,revolutions per minute
rcf	1	0	-	×g,xg	× g,x g
"""

_PLURALS_TSV = """# plural, singular: irregular ones, matched at the end of the last word.
mitochondria	mitochondrion
mice	mouse
bacteria	bacterium
fungi	fungus
axes	axis
nuclei	nucleus
loci	locus
foci	focus
stimuli	stimulus
alveoli	alveolus
bronchi	bronchus
bacilli	bacillus
cocci	coccus
villi	villus
thrombi	thrombus
emboli	embolus
hippocampi	hippocampus
thalami	thalamus
calculi	calculus
ganglia	ganglion
criteria	criterion
phenomena	phenomenon
cilia	cilium
flagella	flagellum
crania	cranium
ova	ovum
septa	septum
spectra	spectrum
phyla	phylum
taxa	taxon
genera	genus
vertebrae	vertebra
larvae	larva
pupae	pupa
algae	alga
hyphae	hypha
fimbriae	fimbria
antennae	antenna
papillae	papilla
lamellae	lamella
analyses	analysis
hypotheses	hypothesis
syntheses	synthesis
metastases	metastasis
diagnoses	diagnosis
crises	crisis
testes	testis
vertices	vertex
cortices	cortex
matrices	matrix
indices	index
appendices	appendix
helices	helix
foramina	foramen
lumina	lumen
stomata	stoma
feet	foot
teeth	tooth
women	woman
men	man
children	child
leaves	leaf
wolves	wolf
calves	calf
halves	half
viruses	virus
retroviruses	retrovirus
lentiviruses	lentivirus
sinuses	sinus
fetuses	fetus
"""

_SPELLING_TSV = """# British form, American form (GRADER.md C5): stems, replaced anywhere in a lower-case word; "-" first: at a word's end.
tumour	tumor
oedema	edema
haem	hem
anaem	anem
leukaem	leukem
oestr	estr
foet	fet
paed	ped
fibre	fiber
sulph	sulf
colour	color
behaviour	behavior
centre	center
grey	gray
isation	ization
-ise	ize
-ised	ized
-ises	izes
-ising	izing
aluminium	aluminum
oesoph	esoph
diarrhoea	diarrhea
ageing	aging
"""

_GREEK_TSV = """# letter, name
α	alpha
β	beta
γ	gamma
δ	delta
ε	epsilon
ζ	zeta
η	eta
θ	theta
ι	iota
κ	kappa
λ	lambda
μ	mu
ν	nu
ξ	xi
ο	omicron
π	pi
ρ	rho
σ	sigma
τ	tau
υ	upsilon
φ	phi
χ	chi
ψ	psi
ω	omega
"""


def _rows(table):
    return [row for row in table.split("\n") if row and not row.startswith("#")]


def _pairs(table):
    return [tuple(row.split("\t")[:2]) for row in _rows(table)]


def _phrases(kind):
    rows = (row.split("\t") for row in _rows(_WORDS_TSV))
    return [row[1] for row in rows if row[0] == kind]


def _values(kind):
    rows = (row.split("\t") for row in _rows(_WORDS_TSV))
    return [(row[1], float(row[2])) for row in rows if row[0] == kind]


_APPROXIMATORS = _phrases("approximator")
_LESS = _phrases("less")
_GREATER = _phrases("greater")
_NUMBERS = _values("number")
_SCALES = _values("scale")
_SPECIALS = _values("special")
_NUMBER_WORDS = frozenset(
    [word for word, _ in _NUMBERS] + [word for word, _ in _SCALES] + _phrases("quantity")
)
_TAIL_STOPS = frozenset(_phrases("tail_stop"))
_LEAD_FILLERS = _phrases("lead_filler")
_LEAD_INS = _phrases("lead_in")
_OPTION_WORDS = _phrases("option_word")
_HEDGES = _phrases("hedge")
_YES = frozenset(_phrases("true"))
_NO = frozenset(_phrases("false"))
_NEGATIONS = frozenset(_phrases("negation"))


def _strip_phrase(text, phrase):
    """`text` without `phrase` at its start, whatever the case; None when a letter or digit goes straight on."""
    n = len(phrase)
    head = text[:n]
    if len(head) < n or not _same(head, phrase):
        return None
    if len(text) > n and _is_alnum(text[n]) and _is_alnum(phrase[-1]):
        return None
    return text[n:]


def _strip_longest(text, phrases):
    """`text` without the longest of `phrases` that it starts with, or None."""
    best = None
    for phrase in phrases:
        rest = _strip_phrase(text, phrase)
        if rest is not None and (best is None or len(rest) < len(best)):
            best = rest
    return best


def _or(rest, text):
    return text if rest is None else rest


# Where the answer is: the last complete tag, else the later of the last box and the last `Answer:`, else a short whole.


class _Found:
    __slots__ = ("text", "boxed", "n_tags", "open_mark")

    def __init__(self, text, boxed=False, n_tags=0, open_mark=""):
        self.text = text
        self.boxed = boxed
        self.n_tags = n_tags
        self.open_mark = open_mark


_THINK = re.compile("<think>", re.ASCII | re.IGNORECASE)
_END_THINK = re.compile("</think>", re.ASCII | re.IGNORECASE)
_TAG = re.compile("<(/?)answer>", re.ASCII | re.IGNORECASE)
_OPEN_TAG = re.compile("<answer>", re.ASCII | re.IGNORECASE)
_BOX_TOKEN = re.compile(r"\\boxed *(\{?)|\\|[{}]")
_MARKER = re.compile("answer([*_]*)[:：]", re.ASCII | re.IGNORECASE)


def _extract(response, short_words, short_chars, is_list):
    """The `_Found` answer, or the reason why there is none."""
    text = _without_thinking(response)
    content, n_tags, open_tag = _tags(text)
    if content is not None:
        return _Found(content, n_tags=n_tags)
    box, open_box = _last_box(text)
    marker = _last_marker(text)
    if box is not None and (marker is None or marker[0] < box[1]):
        return _Found(text[box[0] : box[1]], boxed=True)
    if marker is not None:
        content = _marker_content(text, marker[1], is_list)
        if _OPEN_TAG.search(content) or _last_box(content)[1]:
            return "unclosed_tag"
        return _Found(content, open_mark=marker[2])
    if open_tag or open_box:
        return "unclosed_tag"
    whole = _strip(text)
    if len(whole) <= short_chars and _n_words(whole) <= short_words:
        return _Found(whole)
    return "no_answer"


def _without_thinking(response):
    start = 0
    for match in _END_THINK.finditer(response):
        start = match.end()
    unclosed = _THINK.search(response, start)
    return response[start : unclosed.start() if unclosed else len(response)]


def _tags(text):
    """The content from the last opening tag that a closing one follows, how many such, and whether one stays open."""
    content, n_tags, opened = None, 0, None
    for match in _TAG.finditer(text):
        if not match.group(1):
            opened = match.end()
        elif opened is not None:
            n_tags += 1
            content = (opened, match.start())
            opened = None
    return (None if content is None else text[content[0] : content[1]]), n_tags, opened is not None


def _last_box(text):
    """Start and end of the content of the last complete box, and whether one stays open."""
    if "\\boxed" not in text:
        return None, False
    opened = []
    best = None
    at = 0
    while True:
        match = _BOX_TOKEN.search(text, at)
        if match is None:
            break
        token = match.group()
        at = match.end()
        if token[0] == "\\":
            if match.group(1):
                opened.append((at, True))
            elif match.group(1) is not None or token == "\\":
                # The char behind a backslash is no brace; neither is the one behind a bare `\boxed`.
                at += 1
        elif token == "{":
            opened.append((at, False))
        elif opened:
            start, is_box = opened.pop()
            if is_box and (best is None or best[0] < start):
                best = (start, match.start())
    return best, any(is_box for _, is_box in opened)


def _last_marker(text):
    """Where the last `Answer:` starts, where the text behind it starts, and an emphasis mark left open before it."""
    last = None
    for match in _MARKER.finditer(text):
        if match.start() == 0 or not _is_alnum(text[match.start() - 1]):
            last = match
    if last is None:
        return None
    start = last.start()
    closed_before = bool(last.group(1))
    bare = _run_back(text, start, " ")
    phrase = bare - 5 if bare >= 5 and _same(text[bare - 5 : bare], "final") else start
    mark = text[_run_back(text, phrase, "*_") : phrase]
    after = last.end()
    run_end = _run(text, after, "*_")
    closes = (
        run_end > after and not closed_before and (bool(mark) or run_end == len(text) or text[run_end] in _SPACE)
    )
    if closes:
        after = run_end
    return start, after, "" if closes or closed_before else mark


def _marker_content(text, start, is_list):
    """From the marker to the first blank line after content; a list goes on while lines are items."""
    end = at = start
    seen = blank = False
    while at < len(text):
        newline = text.find("\n", at)
        line_end = len(text) if newline < 0 else newline + 1
        line = _strip(text[at:line_end])
        if not line:
            blank = blank or seen
        else:
            if seen and _is_explanation(line):
                break
            if blank and not (is_list and _list_content(line) is not None):
                break
            blank = False
            seen = True
            end = line_end
        at = line_end
    return _strip(text[start:end])


def _is_explanation(line):
    line = line.lstrip("*_# ")
    for name in ("explanation", "reasoning", "confidence"):
        rest = _strip_phrase(line, name)
        if rest is not None and _starts(rest.lstrip("*_ "), ":："):
            return True
    return False


_BULLETS = ("- ", "* ", "• ", "– ", "+ ", "— ", "· ", "◦ ", "•", "‣ ")


def _list_content(line):
    """The number of a list line, if it has one, and its text; None for any other line."""
    line = _strip(line)
    for bullet in _BULLETS:
        if line.startswith(bullet):
            return None, _strip(line[len(bullet) :])
    inside = line[1:] if line.startswith("(") else line
    n_digits = _run(inside, 0, _DIGITS)
    if not 1 <= n_digits <= 3 or not _starts(inside[n_digits:], ".)"):
        return None
    rest = inside[n_digits + 1 :]
    return (int(inside[:n_digits]), _strip(rest)) if _starts(rest, _SPACE) else None


# Dress: what may surround an answer without being part of it.


def _undress(text, maths):
    """The bare text of an answer: mark-up decoded and peeled; `maths`: it came out of a box."""
    text = _html(_IGNORABLE.sub("", _strip(text)))
    latex_like = "\\" in text or "$" in text or "^{" in text or "_{" in text
    if latex_like or (maths and any(sign in text for sign in "~^_{")):
        text = _latex(text)
    text = _strip(text)
    for _ in range(8):
        before = len(text)
        text = _without_fence(text)
        for mark in ("**", "__", "*", "_", "`", '"', "'"):
            text = _without_pair(text, mark, mark)
        for opening, closing in (("“", "”"), ("„", "“"), ("‘", "’"), ("«", "»"), ("''", "''")):
            text = _without_pair(text, opening, closing)
        if len(text) == before:
            break
    return _without_emphasis(text)


def _without_marker(text):
    rest = _strip_longest(text, ("final answer", "answer"))
    if rest is not None:
        rest = _lstrip(rest)
        if _starts(rest, ":：") and _strip(rest[1:]):
            return _strip(rest[1:])
    return text


def _without_lead_in(text):
    """`text` without `The answer is`, `So it was`, … and the hedging adverbs around it."""
    text = _strip(text)
    for _ in range(4):
        before = len(text)
        text = _or(_lead_in(text), text)
        rest = _strip_longest(text, _HEDGES)
        if rest is not None:
            text = _lstrip(_lstrip(rest).lstrip(","))
        text = _or(_without_final_hedge(text), text)
        if len(text) == before:
            break
    return text


def _lead_in(text):
    rest = _strip_longest(text, _LEAD_FILLERS)
    unfilled = text if rest is None else _lstrip(_lstrip(rest).lstrip(","))
    rest = _strip_longest(unfilled, _LEAD_INS)
    if rest is None:
        return None
    return _strip(_lstrip(rest).lstrip(":,")) or None


def _without_final_hedge(text):
    body = _rstrip(text.rstrip(".?!)"))
    for hedge in _HEDGES:
        if len(body) < len(hedge) or not _same(body[-len(hedge) :], hedge):
            continue
        head = _rstrip(body[: -len(hedge)])
        if head[-1:] in (",", "(") and _strip(head[:-1]):
            return _rstrip(head[:-1])
    return None


def _name_of(text):
    """`text` without quotes, final points and one leading article (only with words behind it)."""
    text = _trimmed(text)
    for opening, closing in (('"', '"'), ("“", "”"), ("'", "'"), ("‘", "’"), ("`", "`"), ("**", "**"), ("*", "*")):
        text = _trimmed(_without_pair(text, opening, closing))
    rest = _strip_longest(text, ("the ", "an ", "a "))
    return _strip(rest) if rest is not None and _strip(rest) else text


_HTML = re.compile(
    "(?i:<(/?)(b|i|em|strong|sub|sup)>)|(&(?:amp|lt|gt|quot|apos|#39|nbsp);)", re.ASCII
)
_ENTITIES = {
    "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#39;": "'", "&nbsp;": "\xa0",
}


def _html(text):
    """Drops the tags that only set type, keeps superscripts readable, decodes the XML entities."""
    if "<" not in text and "&" not in text:
        return text
    out = ""
    raised = None
    at = 0
    for match in _HTML.finditer(text):
        out += text[at : match.start()]
        at = match.end()
        if match.group(3):
            out += _ENTITIES[match.group(3)]
        elif match.group(2).lower() == "sup":
            if not match.group(1):
                raised = len(out)
            elif raised is not None:
                out = out[:raised] + _superscript(out[raised:])
                raised = None
    return out + text[at:]


_RAISED = {**dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")), "+": "⁺", "-": "⁻", "\u2212": "⁻", "\u2013": "⁻"}


def _superscript(inside):
    """Digits and signs as superscripts; anything else as it is."""
    inside = _strip(inside)
    if inside in ("∘", "°", "◦", "o"):
        return "°"
    raised = [_RAISED.get(char) for char in inside if char != " "]
    return inside if None in raised else "".join(raised)


_SHOWN, _HIDDEN, _NUMERATOR, _SUPER = range(4)


def _latex(text):
    """LaTeX of the kind that answers are written in, as plain text; unknown commands stay."""
    out = []
    # What each open brace does when it closes, and where a raised one began.
    opened = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            at = _latex_command(text, at, out, opened)
        elif char == "$":
            at += text[at : at + 1] == "$"
        elif char == "~":
            tie = bool(out) and out[-1] not in _SPACE and out[-1] != "=" and at < len(text) and text[at] not in _SPACE
            out.append(" " if tie else "~")
        elif char in "^_":
            at = _latex_script(text, at, out, opened, char)
        elif char == "{":
            if text.startswith(",}", at) and out and out[-1] in _DIGITS:
                out.append(",")
                at += 2
            else:
                opened.append((_SHOWN, 0))
                out.append("{")
        elif char == "}":
            kind, start = opened.pop() if opened else (_SHOWN, 0)
            if kind == _SHOWN:
                out.append("}")
            elif kind == _SUPER:
                raised = _superscript("".join(out[start:]))
                del out[start:]
                out.extend(raised)
            elif kind == _NUMERATOR:
                out.append("/")
                if text.startswith("{", at):
                    opened.append((_HIDDEN, 0))
                    at += 1
        else:
            out.append(char)
    return "".join(out)


_LATEX_WRAPPERS = frozenset(
    "text textbf textit textrm texttt textsf emph mathrm mathbf mathit mathsf mathtt operatorname mbox boxed ce".split()
)
_LATEX_SIGNS = {
    "times": "×", "cdot": "·", "pm": "±", "approx": "≈", "simeq": "≈", "sim": "~", "circ": "°", "degree": "°",
    "textdegree": "°", "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "lt": "<",
    "gt": ">", "to": "→", "rightarrow": "→", "longrightarrow": "→", "Rightarrow": "→", "uparrow": "↑",
    "downarrow": "↓", "leftrightarrow": "↔", "infty": "∞", "prime": "′", "AA": "Å", "angstrom": "Å", "ldots": "...",
    "dots": "...", "permil": "‰", "textperthousand": "‰", "alpha": "α", "beta": "β", "gamma": "γ", "Gamma": "γ",
    "delta": "δ", "Delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "Theta": "θ", "vartheta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "Lambda": "λ", "mu": "μ", "textmu": "μ",
    "micro": "μ", "nu": "ν", "xi": "ξ", "Xi": "ξ", "pi": "π", "Pi": "π", "rho": "ρ", "sigma": "σ", "Sigma": "σ",
    "tau": "τ", "upsilon": "υ", "Upsilon": "υ", "phi": "φ", "Phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ",
    "Psi": "ψ", "omega": "ω", "Omega": "Ω", "ohm": "Ω",
}


def _latex_command(text, at, out, opened):
    """Handles the command behind a backslash and returns where the text goes on."""
    if at == len(text):
        out.append("\\")
        return at
    first = text[at]
    if first not in _ALPHA.ascii:
        if first in ", ;:!\n":
            out.append(" ")
        elif first in "%_&#${}":
            out.append(first)
        elif first == "\\":
            out.append("\n")
        elif first not in "()[]":
            out.extend(("\\", first))
        return at + 1
    after = _run(text, at, _ALPHA.ascii)
    name = text[at:after]
    brace = _run(text, after, " ")
    argument = brace + 1 if text.startswith("{", brace) else None
    if name in _LATEX_WRAPPERS:
        if argument is not None:
            opened.append((_HIDDEN, 0))
            return argument
    elif name in ("frac", "dfrac", "tfrac"):
        if out and out[-1] in _DIGITS:
            out.append(" ")
        if argument is not None:
            opened.append((_NUMERATOR, 0))
            return argument
        digits = text[after : after + 2]
        if len(digits) == 2 and digits[0] in _DIGITS and digits[1] in _DIGITS:
            out.extend((digits[0], "/", digits[1]))
            return after + 2
    elif name == "textsuperscript":
        if argument is not None:
            opened.append((_SUPER, len(out)))
            return argument
    elif name in ("left", "right", "displaystyle", "bf", "rm", "it"):
        return brace
    elif name in ("quad", "qquad", "enspace", "thinspace"):
        out.append(" ")
        return after
    sign = _LATEX_SIGNS.get(name)
    if sign is not None:
        out.extend(sign)
        # LaTeX swallows the space behind a command.
        return brace
    out.append("\\")
    out.extend(name)
    return after


def _latex_script(text, at, out, opened, mark):
    """Handles what follows `^` or `_`."""
    raised = mark == "^"
    if text.startswith("{", at):
        opened.append((_SUPER, len(out)) if raised else (_HIDDEN, 0))
        return at + 1
    if raised:
        for name, sign in (("\\circ", "°"), ("\\prime", "′")):
            if text.startswith(name, at):
                out.append(sign)
                return _run(text, at + len(name), " ")
    end = _run(text, at, "0123456789+-")
    if end == at:
        out.append(mark)
    else:
        out.extend(_superscript(text[at:end]) if raised else text[at:end])
    return end


def _without_fence(text):
    if not (text.startswith("```") and text.endswith("```") and len(text) >= 6):
        return text
    inside = text[3:-3]
    newline = inside.find("\n")
    if newline >= 0 and all(char in _ASCII_ALNUM for char in _strip(inside[:newline])):
        return _strip(inside[newline:])
    return _strip(inside)


def _without_pair(text, opening, closing):
    """The inside when the pair spans the whole text; the mark may recur inside a word (`HLA-DRB1*04:01`)."""
    if not (text.startswith(opening) and text.endswith(closing) and len(text) >= len(opening) + len(closing)):
        return text
    inside = text[len(opening) : len(text) - len(closing)]
    if not inside or inside.startswith(opening) or inside.endswith(closing):
        return text
    if _has_mark(inside, opening) or _has_mark(inside, closing):
        return text
    return _strip(inside)


def _has_mark(inside, mark):
    """Whether `mark` stands in `inside` elsewhere than between letters or digits."""
    at = inside.find(mark)
    while at >= 0:
        end = at + len(mark)
        if not (at > 0 and _is_alnum(inside[at - 1]) and end < len(inside) and _is_alnum(inside[end])):
            return True
        at = inside.find(mark, end)
    return False


def _without_emphasis(text):
    """`text` without pairs of markdown emphasis around words inside it: `**B**, because …`."""
    for mark in ("**", "__", "`", "*"):
        if mark not in text:
            continue
        out = []
        # The char in front of the place that is looked at.
        previous = ""
        at = 0
        no_close = False
        while True:
            found = text.find(mark, at)
            if found < 0:
                break
            inside = found + len(mark)
            before = text[at:found]
            if before:
                previous = before[-1]
            opens = not (previous and _is_alnum(previous)) and (
                inside < len(text) and text[inside] not in _SPACE and text[inside] != mark[0]
            )
            close = _closing(text, inside, mark) if opens and not no_close else None
            no_close = no_close or (opens and close is None)
            out.append(before)
            if close is None:
                out.append(mark)
                previous = mark[-1]
                at = inside
            else:
                out.append(text[inside:close])
                previous = text[close - 1]
                at = close + len(mark)
        out.append(text[at:])
        text = "".join(out)
    return text


def _closing(text, inside, mark):
    """Where the mark that closes an emphasis stands."""
    at = text.find(mark, inside)
    while at >= 0:
        end = at + len(mark)
        if at > inside and text[at - 1] not in _SPACE and not (end < len(text) and _is_alnum(text[end])):
            return at
        at = text.find(mark, end)
    return None


def _is_negated(text):
    text = _strip(text)
    return any(_strip_phrase(text, word) is not None for word in ("not", "no", "never", "neither", "anything but"))


# Terms: names of things, compared after folding what writers vary and keeping what tells two things apart.

_STEMS = {}
_ENDINGS = {}
for _british, _american in _pairs(_SPELLING_TSV):
    if _british.startswith("-"):
        _ENDINGS.setdefault(_british[1:], _american)
    else:
        _STEMS.setdefault(_british[0], []).append((_british, _american))
_PLURALS = {}
for _plural, _singular in _pairs(_PLURALS_TSV):
    _PLURALS.setdefault(_plural[-1], []).append((_plural, _singular))
_GREEK = {_letter[0]: _name for _letter, _name in _pairs(_GREEK_TSV)}

_ALL_CAPITALS, _ACRONYMS, _ALL_LOWER, _MIXED = range(4)


class _Folded:
    """A term made ready for comparisons: folded, the same in the singular, and how its last word is written."""

    __slots__ = ("exact", "singular", "last_word")

    def __init__(self, exact, singular, last_word):
        self.exact = exact
        self.singular = singular
        self.last_word = last_word

    def equals(self, other):
        if self.exact == other.exact:
            return True
        if self.singular != other.singular:
            return False
        # `aids` may stand for AIDS, so it is not taken for the plural of `AID`.
        pair = (self.last_word, other.last_word)
        return pair not in ((_ALL_CAPITALS, _ALL_LOWER), (_ALL_LOWER, _ALL_CAPITALS))


@lru_cache(maxsize=1024)
def _fold(text):
    text = _trimmed(text)
    if not text:
        return _Folded("", "", _MIXED)
    composed = _composed(text)
    last_word = _last_word(composed)
    exact, stem = _spelled(_lowered(composed), last_word)
    joined = _joined(exact)
    singular = _joined(stem) if stem is not None and last_word != _ALL_CAPITALS else joined
    return _Folded(joined, singular, last_word)


class _Forms:
    """The accepted forms of one term, the canonical one first."""

    def __init__(self, texts):
        self.forms = [(text, _fold(_undress(text, False))) for text in texts]
        self.n_words = max([_n_words(text) for text, _ in self.forms] or [0])

    def has(self, text):
        folded = _fold(text)
        if not folded.exact:
            return False
        return any(own.equals(folded) or _same_species(form, text) for form, own in self.forms)

    def accept(self, text):
        """One form; a form with a listed name or its initials in brackets; two forms joined."""
        if self.has(text):
            return True
        name = _name_of(text)
        if len(name) != len(text) and self.has(name):
            return True
        return self._has_bracketed(name) or self._has_joined(name)

    def _has_bracketed(self, text):
        parts = _bracket_parts(text)
        if parts is None:
            return False
        outside, inside = _name_of(parts[0]), _name_of(parts[1])
        return self.has(outside) and (self.has(inside) or _is_initials(inside, outside))

    def _has_joined(self, text):
        lower = _ascii_lower(text)
        for joint in _JOINTS:
            at = lower.find(joint)
            if at < 0 or lower.find(joint, at + len(joint)) >= 0:
                continue
            if self._has_part(text[:at]) and self._has_part(text[at + len(joint) :]):
                return True
        return False

    def _has_part(self, part):
        part = _strip(part).lstrip(",").rstrip(",)")
        part = _or(_strip_longest(part, ("also known as", "also called", "a.k.a.", "aka", "i.e.", "or")), part)
        return self.has(_name_of(_strip(part).lstrip(",")))


_JOINTS = ("/", ",", ";", "=", " or ", " and ", "also known as", "also called", "a.k.a.", "aka ", "i.e.", "(")


def _bracket_parts(text):
    """Outside and inside of the last bracket, when it ends the text."""
    if not text.endswith(")"):
        return None
    outside, bracket, inside = text[:-1].rpartition("(")
    return (outside, inside) if bracket else None


def _species_parts(name):
    """Genus and epithet of a species name, and whether the genus is one letter with a point."""
    name = _strip(name)
    for at, char in enumerate(name):
        if char in _SPACE or char == ".":
            genus, epithet = name[:at], _strip(name[at + 1 :])
            letters = genus and epithet and all(c in _ALPHA for c in genus) and all(c in _ALPHA for c in epithet)
            if letters and _n_bytes(epithet) >= 3:
                return genus, epithet, len(genus) == 1 and char == "."
            return None
    return None


def _same_species(a, b):
    """Whether one is a species name and the other the same with its genus cut to an initial."""
    a, b = _species_parts(a), _species_parts(b)
    if a is None or b is None or a[2] == b[2]:
        return False
    return (
        max(_n_bytes(a[0]), _n_bytes(b[0])) >= 3
        and _lower(a[0][0]) == _lower(b[0][0])
        and _lower(a[1]) == _lower(b[1])
    )


_SMALL_WORDS = frozenset(["of", "the", "and", "in", "for", "to", "a", "an", "by", "with"])


def _is_initials(short, long):
    short = "".join(char for char in _lowered(_composed(_trimmed(short))) if _is_alnum(char))
    if len(short) < 2:
        return False
    words = _words_of(_lowered(_composed(_trimmed(long))))
    initials = "".join(word[0] for word in words)
    main = "".join(word[0] for word in words if word not in _SMALL_WORDS)
    return any(fits == short or (short.endswith("s") and short[:-1] == fits) for fits in (initials, main))


def _trimmed(text):
    """Without white space and final points; a final `+` or `-` stays."""
    return _strip(text).rstrip(_SPACE_CHARS + ".,;:!?")


_APOSTROPHES = frozenset("\u2032\u2018\u2019\u02bc\xb4\u02b9\uff07")
_DOUBLE_QUOTES = frozenset("\u2033\u201c\u201d")


def _composed(text):
    """Compatibility form; superscripts behind a digit keep their place as `10^6`, primes become apostrophes."""
    if text.isascii():
        return text
    shaped_eszett = any(char in _UPPER or char in _DIGITS for char in text)
    mapped = []
    after_digit = False
    for char in text:
        if _IGNORABLE.match(char):
            continue
        if after_digit and char in _SUPERSCRIPTS:
            mapped.append("^")
        after_digit = char in _DIGITS
        if char in _APOSTROPHES:
            char = "'"
        elif char in _DOUBLE_QUOTES:
            char = '"'
        elif char == "ß":
            char = "β" if shaped_eszett else "ss"
        elif char == "\u2206":
            char = "δ"
        mapped.append(char)
    return unicodedata.normalize("NFKC", "".join(mapped).translate(_COMPATIBLE_OF_NEW))


_LOWERED = {"ς": "σ", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}


def _lowered(text):
    """Lower case, without diacritics."""
    if text.isascii():
        return text.lower()
    out = []
    for char in unicodedata.normalize("NFD", text.translate(_CANONICAL_OF_NEW)):
        if char in _MARK:
            continue
        for small in _LOWER_OF_NEW.get(ord(char)) or char.lower():
            if small in _HYPHENS:
                out.append("-")
            elif small not in _MARK:
                out.append(_LOWERED.get(small, small))
    return "".join(out)


def _last_word(text):
    upper = lower = 0
    for char in reversed(text):
        if char not in _ALPHA:
            break
        if char in _UPPER:
            upper += 1
        else:
            lower += 1
    if upper >= 2 and lower == 0:
        return _ALL_CAPITALS
    if upper >= 2 and lower == 1 and text.endswith("s"):
        return _ACRONYMS
    return _ALL_LOWER if upper == 0 and lower >= 1 else _MIXED


def _spelled(lower, last_word):
    """American spelling without possessives, and the same with its last word in the singular if that differs."""
    out = []
    n = len(lower)
    at = 0
    while at < n:
        start = at
        while at < n and lower[at] not in _ALPHA:
            at += 1
        out.append(lower[start:at])
        start = at
        while at < n and lower[at] in _ALPHA:
            at += 1
        word = _american(lower[start:at])
        if at > start and lower.startswith("'s", at) and not (at + 2 < n and _is_alnum(lower[at + 2])):
            at += 2
        if at == n and word:
            if last_word == _ACRONYMS and word.endswith("s"):
                stem = word[:-1]
            else:
                stem = _singular_of(word)
            return "".join(out) + word, None if stem is None else "".join(out) + stem
        out.append(word)
    return "".join(out), None


def _american(word):
    out = []
    n_bytes = 0
    at = 0
    while at < len(word):
        char = word[at]
        for british, american in _STEMS.get(char, ()):
            if word.startswith(british, at):
                out.append(american)
                at += len(british)
                n_bytes += len(british)
                break
        else:
            if n_bytes >= 2 and len(word) - at <= 5:
                ending = _ENDINGS.get(word[at:])
                if ending is not None:
                    out.append(ending)
                    return "".join(out)
            out.append(char)
            at += 1
            n_bytes += _n_bytes(char)
    return "".join(out)


def _singular_of(word):
    for plural, singular in _PLURALS.get(word[-1], ()):
        if word.endswith(plural) and (len(word) == len(plural) or len(plural) >= 4):
            return word[: -len(plural)] + singular
    if word.endswith("ies") and _n_bytes(word) >= 5:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes")):
        return word[:-2]
    if not word.endswith("s"):
        return None
    stem = word[:-1]
    return stem if len(stem) >= 3 and stem[-1] not in "sui" else None


_JOINED_ALREADY = re.compile(r"[A-Za-z0-9]*\Z")
_JOINED_WITH_SIGNS = re.compile(r"[A-Za-z0-9+/.]*\Z")


def _joined(text):
    """Joins words: hyphens and spaces go, but for those between digits and a sign at a token's end."""
    if _JOINED_ALREADY.match(text) or ("++" not in text and _JOINED_WITH_SIGNS.match(text)):
        return text
    n = len(text)
    gap = [char == "-" or char in _SPACE for char in text]
    # The nearest char behind each place that is no gap.
    solid_after = [""] * (n + 1)
    for at in range(n - 1, -1, -1):
        solid_after[at] = solid_after[at + 1] if gap[at] else text[at]
    out = []
    solid = ""
    at = 0
    while at < n:
        char = text[at]
        before = text[at - 1] if at else ""
        after = text[at + 1] if at + 1 < n else ""
        step = 1
        if gap[at]:
            next_solid = solid_after[at]
            final_sign = char == "-" and not next_solid and bool(solid)
            token_sign = (
                char == "-"
                and bool(before) and (_is_alnum(before) or before in ")]")
                and bool(after) and not _is_alnum(after) and after not in "-([\'\""
            )
            between = solid in _DIGITS and next_solid in _DIGITS
            if (final_sign or token_sign or between) and not (out and out[-1].endswith("-")):
                out.append("-")
            at += 1
            continue
        glued = bool(before) and _is_alnum(before)
        if char == "(" and glued:
            digit = after if after in _DIGITS else ""
            sign_at = at + 1 + len(digit)
            if text[sign_at : sign_at + 2] in ("+)", "-)"):
                out.append(digit + text[sign_at])
                step = sign_at + 2 - at
            else:
                out.append(char)
        elif char == "+" and after == "+" and before and before in _ALPHA:
            out.append("2+")
            step = 2
        elif char == "^" and before in _DIGITS and after in _DIGITS:
            out.append("^")
        elif char == "^" and glued:
            pass
        elif char == "_" and glued and after in _DIGITS:
            pass
        else:
            out.append(_GREEK.get(char, char))
        solid = char
        at += step
    return "".join(out)


# Units: products of powers. A factor is a row of the unit table with an SI prefix, or an opaque noun.

_MAX_FACTORS = 8
_MAX_NOUN_WORDS = 4
# Base units that count things.
_COUNTED = frozenset(["cell", "cfu", "pfu", "copy", "aa", "nt", "bp", "U", "IU"])
_PREFIXES = (
    ("f", "femto", 1e-15), ("p", "pico", 1e-12), ("n", "nano", 1e-9), ("μ", "micro", 1e-6), ("m", "milli", 1e-3),
    ("c", "centi", 1e-2), ("d", "deci", 1e-1), ("h", "hecto", 1e2), ("k", "kilo", 1e3), ("M", "mega", 1e6),
    ("G", "giga", 1e9), ("T", "tera", 1e12),
)


def _saturating(power):
    return max(-128, min(127, power))


class _Unit:
    """A unit of measurement, or a counted noun: `powers` by base name, `nouns` by folded noun, none of them 0."""

    __slots__ = ("scale", "offset", "powers", "nouns", "plain")

    def __init__(self, powers=()):
        self.scale = 1.0
        # The value in base units of a reading of 0; other than 0 only for °C and °F.
        self.offset = 0.0
        self.powers = dict(powers)
        self.nouns = {}
        self.plain = True

    def multiply(self, factor, power):
        if isinstance(factor, str):
            total = _saturating(self.nouns.get(factor, 0) + power)
            self.nouns[factor] = total
            if total == 0:
                del self.nouns[factor]
            self.offset = 0.0
        else:
            scale, offset, powers = factor
            self.scale *= _power(scale, power)
            # An offset has a meaning only for a temperature that stands alone.
            self.offset = offset if self.plain and power == 1 else 0.0
            for base, own in powers:
                total = _saturating(self.powers.get(base, 0) + _saturating(own * power))
                self.powers[base] = total
                if total == 0:
                    del self.powers[base]
        self.plain = False

    def is_known(self):
        return not self.nouns

    def is_count(self):
        if any(power != 1 or base not in _COUNTED for base, power in self.powers.items()):
            return False
        n_counts = len(self.powers) + len(self.nouns)
        return n_counts == 1 and self.scale == 1.0 and all(power == 1 for power in self.nouns.values())

    def is_only(self, base):
        return not self.nouns and self.powers == {base: 1}


def _same_dimension(a, b):
    return a.powers == b.powers and a.nouns == b.nouns


def _convert(value, unit, wanted):
    """`value` in `unit`, expressed in `wanted`; None when the dimensions differ or the result is not finite."""
    if not _same_dimension(unit, wanted):
        return None
    if unit.scale == wanted.scale and unit.offset == wanted.offset:
        return value
    converted = _divide(value * unit.scale + unit.offset - wanted.offset, wanted.scale)
    return converted if math.isfinite(converted) else None


def _parse_unit(text):
    """The unit that the whole of `text` spells, or None; a plain noun or a noun per something is one too."""
    found = _read_unit(_strip(_normalised(text)), True)
    return found[0] if found is not None and not _strip(found[1]) else None


def _noun_prefixes(text):
    """Each unit, opaque nouns included, that the first words of `text` spell, longest first, with what follows."""
    ends = []
    in_word = False
    for at, char in enumerate(text):
        end_of_word = char in _SPACE or char in ",;(."
        if in_word and end_of_word:
            ends.append(at)
        in_word = not end_of_word
        if len(ends) > 6:
            break
    if in_word:
        ends.append(len(text))
    for end in reversed(ends):
        unit = _parse_unit(text[:end])
        if unit is not None:
            yield unit, text[end:]


_SIGN_FORMS = {
    0xB5: "μ", 0x2103: "°C", 0x2109: "°F", 0xBA: "°", 0x2DA: "°", 0x212A: "K", 0x212B: "Å", 0x2126: "Ω", 0x2044: "/",
    0x2215: "/", 0x2212: "-", 0xFE63: "-",
}
_SIGN_FORMS.update({point: "-" for point in range(0x2010, 0x2015)})
_FULL_WIDTH = {point: chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F)}
_SIGN_FORMS.update(_FULL_WIDTH)
_SIGN_FORMS.update({ord(char): " " for char in _SPACE_CHARS})


def _normalised(text):
    """One spelling for each sign that units are written with."""
    text = text.translate(_SIGN_FORMS)
    return text.replace("° C", "°C").replace("° F", "°F") if "° " in text else text


def _read_unit(text, nouns):
    """The longest unit at the start of `text`, and what follows; None when there is none."""
    unit = _Unit()
    rest = _lstrip(text)
    n_factors = 0
    divides = group = False
    while True:
        before = rest
        operator = n_factors == 0
        spaced = rest.startswith(" ")
        rest = _lstrip(rest)
        after = rest[1:] if rest.startswith("/") else _per(rest)
        if after is not None:
            divides = operator = True
            rest = _lstrip(after)
            if rest.startswith("("):
                group = True
                rest = rest[1:]
        elif n_factors > 0 and _starts(rest, "·*⋅∙.") and _starts_letter(_lstrip(rest[1:]), "°"):
            operator = True
            rest = _lstrip(rest[1:])
            divides = divides and group
        elif n_factors > 0 and not group:
            divides = False
        noun_allowed = (nouns and n_factors == 0) or (divides and operator)
        found = _known_factor(rest)
        if found is not None and nouns and noun_allowed and not _word_ends(found[1]):
            found = None
        if found is None and noun_allowed:
            found = _noun(rest, _MAX_NOUN_WORDS if nouns else 1)
        if found is None:
            # A sign with nothing behind it is no unit; otherwise the unit ended before the space.
            return (unit, before) if n_factors > 0 and not (operator and divides) else None
        factor, after = found
        power, after, explicit = _exponent(after, not isinstance(factor, str))
        if not (operator or group or (spaced and explicit)):
            return unit, before
        unit.multiply(factor, -power if divides else power)
        rest = after
        if group and _lstrip(rest).startswith(")"):
            group = divides = False
            rest = _lstrip(rest)[1:]
        n_factors += 1
        if n_factors == _MAX_FACTORS:
            return unit, rest


def _starts_letter(text, extra=""):
    return bool(text) and (text[0] in _ALPHA or text[0] in extra)


def _per(text):
    if not _same(text[:3], "per") or not text.startswith(" ", 3):
        return None
    # `per cent` and `per mille` are units of their own.
    if _strip_longest(_lstrip(text[3:]), ("cent", "mille", "mil")) is not None:
        return None
    return text[3:]


def _word_ends(after):
    """A following word would belong to a noun such as `cell divisions`."""
    after = _lstrip(after)
    if not _starts_letter(after) or _per(after) is not None:
        return True
    found = _known_factor(after)
    if found is None:
        return False
    _, rest, explicit = _exponent(found[1], True)
    return explicit and len(rest) < len(after)


def _known_factor(text):
    """The longest row of the table at the start of `text`, and what follows."""
    if text.startswith("%"):
        rest = _strip_longest(_lstrip(text[1:]), ("(w/v)", "w/v", "(v/v)", "v/v", "(w/w)", "w/w"))
        return _SYMBOLS["%"], _or(rest, text[1:])
    if text.startswith("‰"):
        return _SYMBOLS["‰"], text[1:]
    for sign in ("×g", "× g"):
        if text.startswith(sign):
            if not _starts_alnum(text[len(sign) :]):
                return _SYMBOLS["×g"], text[len(sign) :]
            break
    ends = []
    end = 0
    while len(ends) < 4:
        start = end
        while end < len(text) and (text[end] in _ALPHA or text[end] == "°"):
            end += 1
        if end == start:
            break
        ends.append(end)
        if not text.startswith((" ", "-"), end):
            break
        end += 1
    if not ends:
        return None
    for end in reversed(ends[1:]):
        known = _unit_named(_lower(text[:end]).replace("-", " "))
        if known is not None:
            return known, text[end:]
    word, rest = text[: ends[0]], text[ends[0] :]
    known = _SYMBOLS.get(word)
    if known is not None:
        return known, rest
    # The digit belongs to the symbol.
    if text.startswith("cmH2O"):
        return _SYMBOLS["cmH2O"], text[5:]
    lower = _lower(word)
    known = _unit_named(lower)
    if known is None and _n_bytes(word) > 1:
        # `ml` and `kda` are forgiven; a lone letter in the other case is as a rule no unit (`3D`, `10k`).
        known = _FOLDED_SYMBOLS.get(lower)
    return None if known is None else (known, rest)


def _unit_named(lower):
    known = _UNIT_NAMES.get(lower)
    if known is None and lower.endswith("s") and _n_bytes(lower) > 3:
        known = _UNIT_NAMES.get(lower[:-1])
    if known is None and lower.startswith("degrees "):
        known = _UNIT_NAMES.get("degree " + lower[8:])
    return known


def _noun(text, n_words):
    """A noun phrase at the start of `text`, folded, and what follows it."""
    end = 0
    for _ in range(n_words):
        start = _run(text, end, _SPACE)
        word = text[start:]
        if not _starts_letter(word) or _strip_phrase(word, "per") is not None:
            break
        end = start
        while end < len(text) and (_is_alnum(text[end]) or text[end] in "-+'"):
            end += 1
        if not text.startswith(" ", end):
            break
    # A hyphen in front of a digit would be an exponent (`well-1`).
    phrase = _rstrip(text[:end])
    at = phrase.rfind("-")
    if at > 0 and all(char in _DIGITS for char in phrase[at + 1 :]):
        phrase, end = phrase[:at], at
    phrase = _strip(phrase)
    return (_fold(phrase).singular, text[end:]) if phrase else None


def _exponent(text, digits):
    """The power at the start of `text`, what follows it, and whether one was written."""
    negative = False
    value = None
    end = 0
    for at, char in enumerate(text):
        if char == "⁻" and at == 0:
            negative = True
        elif char == "⁺" and at == 0:
            pass
        elif char in "¹²³⁴⁵⁶⁷⁸⁹" and value is None:
            value = _SUPERSCRIPTS[char]
        else:
            break
        end = at + 1
    if value is not None:
        return (-value if negative else value), text[end:], True
    none = (1, text, False)
    caret = text.startswith("^")
    rest = text[1:] if caret else text
    bracket = caret and _starts(rest, "({")
    rest = rest[1:] if bracket else rest
    negative = rest.startswith("-")
    rest = rest[1:] if negative else rest
    if not (caret or digits or negative) or not _starts(rest, _DIGITS):
        return none
    value = int(rest[0])
    rest = rest[1:]
    if bracket:
        if not _starts(rest, ")}"):
            return none
        rest = rest[1:]
    if value == 0 or _starts_alnum(rest):
        return none
    return (-value if negative else value), rest, True


_SYMBOLS = {}
_UNIT_NAMES = {}
# Lower-case symbols; None where two units share the spelling.
_FOLDED_SYMBOLS = {}


def _read_unit_table():
    def add_symbol(symbol, known):
        lower = _lower(symbol)
        _FOLDED_SYMBOLS[lower] = known if _FOLDED_SYMBOLS.get(lower, known) == known else None
        _SYMBOLS[symbol] = known

    for row in _rows(_UNITS_TSV):
        dimension, scale, offset, prefixes, symbols, names = row.split("\t")
        powers = []
        for factor in dimension.split(" "):
            base, power = re.fullmatch(r"([A-Za-z]+)(-?\d*)", factor).groups()
            powers.append((base, int(power or 1)))
        scale, offset, powers = float(scale), float(offset), tuple(sorted(powers))
        allowed = [prefix for prefix in _PREFIXES if prefix[0] in prefixes]
        for symbol in symbols.split(","):
            if symbol == "-":
                continue
            bare = symbol.lstrip("!")
            if bare == symbol:
                add_symbol(symbol, (scale, offset, powers))
            for prefix, _, times in allowed:
                known = (scale * times, offset, powers)
                add_symbol(prefix + bare, known)
                if prefix == "μ":
                    add_symbol("u" + bare, known)
        for name in names.split(","):
            if name == "-":
                continue
            _UNIT_NAMES[name] = (scale, offset, powers)
            for _, prefix, times in allowed:
                _UNIT_NAMES[prefix + name] = (scale * times, offset, powers)


_read_unit_table()


# Numerals: digits with separators, powers of ten, fractions, number words.

_PLAIN, _FRACTION, _HALF, _TWICE, _NONE = range(5)


def _read_numeral(text):
    """(value, form, what follows) of the numeral that `text` starts with; None for no number, an overflow, a list."""
    negative, rest = _sign(text)
    found = _unsigned(rest)
    if found is None:
        return None
    value, form, rest = found
    value = -value if negative else value
    return (value, form, rest) if math.isfinite(value) else None


def _sign(text):
    if text.startswith("-"):
        return True, _lstrip(text[1:])
    if text.startswith("+"):
        return False, _lstrip(text[1:])
    rest = _strip_longest(text, ("minus ", "negative "))
    return (False, text) if rest is None else (True, _lstrip(rest))


def _unsigned(text):
    if text[:1] in _VULGAR:
        return (_VULGAR[text[0]], _FRACTION, text[1:]) if _ends(text[1:]) else None
    if _starts(text, "0123456789."):
        return _digits(text)
    for word, value in _SPECIALS:
        rest = _strip_phrase(text, word)
        if rest is not None and not rest.startswith("-"):
            return value, {"half": _HALF, "none": _NONE}.get(word, _TWICE), rest
    found = _number_words(text)
    return None if found is None else (found[0], _PLAIN, found[1])


def _ends(rest):
    """No further digit goes on from here."""
    return not (rest and (rest[0] in _DIGITS or rest[0] in _SUPERSCRIPTS or rest[0] in _VULGAR))


def _digits(text):
    found = _decimal(text)
    if found is None:
        return None
    mantissa, is_integer, rest = found
    if is_integer:
        fraction = _fraction(mantissa, rest)
        if fraction is not None:
            return fraction[0], _FRACTION, fraction[1]
    power = _written_power(rest)
    if power is not None:
        exponent, after = power
        if mantissa == "10":
            value = _finite("1e%d" % exponent)
        else:
            value = _finite(mantissa)
            if value is not None:
                value = _power(value, exponent)
                if not math.isfinite(value) or value == 0.0:
                    value = None
        return (value, _PLAIN, after) if value is not None and _ends(after) else None
    times = _times_ten(rest)
    if times is False:
        return None
    power = times or _letter_exponent(rest)
    number = mantissa
    if power is not None:
        number, rest = "%se%d" % (mantissa, power[0]), power[1]
    value = _finite(number)
    if value is None:
        return None
    if _starts(rest, " -"):
        for word, scale in _SCALES:
            after = _strip_phrase(rest[1:], word)
            if after is not None:
                value *= scale
                rest = after
                break
    return (value, _PLAIN, rest) if _ends(rest) and math.isfinite(value) else None


def _finite(text):
    """`text` as a finite number that did not underflow to zero, or None."""
    value = float(text)
    is_zero = all(char in "0." for char in text.partition("e")[0])
    return value if math.isfinite(value) and (value != 0.0 or is_zero) else None


def _decimal(text):
    """Plain digits of a decimal number, whether it is an integer without separators, and what follows; or None."""
    n_lead = _run(text, 0, _DIGITS)

    def digit_at(at):
        return at < len(text) and text[at] in _DIGITS

    def groups(separator):
        end, count = n_lead, 0
        while text.startswith(separator, end) and _run(text, end + 1, _DIGITS) == end + 4:
            end += 4
            count += 1
        return end, count

    def plain(end):
        return "".join(char for char in text[:end] if char in _DIGITS)

    def finish(integer, end, point, grouped):
        number, is_integer = integer, not grouped
        if point and text.startswith(point, end) and digit_at(end + 1):
            stop = _run(text, end + 1, _DIGITS)
            number += "." + text[end + 1 : stop]
            end = stop
            is_integer = False
        # `1,2,3` and `12.5.2020` are no numbers.
        if text[end : end + 1] in (".", ",") and digit_at(end + 1):
            return None
        return number, is_integer, text[end:]

    if n_lead == 0:
        return finish("0", 0, ".", False) if text.startswith(".") and digit_at(1) else None
    if n_lead <= 3 and text[0] != "0":
        end, count = groups(",")
        if count > 0:
            return finish(plain(end), end, ".", True)
        end, count = groups(".")
        if count > 1 or (count == 1 and text.startswith(",", end) and digit_at(end + 1)):
            return finish(plain(end), end, ",", True)
        end, count = groups(" ")
        if count > 0:
            point = text[end : end + 1]
            return finish(plain(end), end, point if point in (".", ",") else "", True)
    point = text[n_lead : n_lead + 1]
    return finish(plain(n_lead), n_lead, point if point in (".", ",") else "", False)


def _fraction(integer, rest):
    """Value and rest of `2/3`, `2 2/3`, `1½`, `1 ½` behind its first integer, or None."""
    integer = _finite(integer)
    if integer is None:
        return None
    spaced = rest[1:] if rest.startswith(" ") else rest
    if spaced[:1] in _VULGAR:
        return (integer + _VULGAR[spaced[0]], spaced[1:]) if _ends(spaced[1:]) else None
    found = _over(rest)
    if found is not None:
        denominator, after = found
        value = _divide(integer, denominator)
        return (value, after) if math.isfinite(value) and denominator != 0.0 else None
    if not rest.startswith(" "):
        return None
    end = _run(rest, 1, _DIGITS)
    found = _over(rest[end:]) if end > 1 else None
    if found is None:
        return None
    numerator, (denominator, after) = float(rest[1:end]), found
    return (integer + _divide(numerator, denominator), after) if denominator > numerator else None


def _over(rest):
    """`/3` and what follows."""
    if rest.startswith("/"):
        number = rest[1:]
    elif rest.startswith(" / "):
        number = rest[3:]
    else:
        return None
    end = _run(number, 0, _DIGITS)
    after = number[end:]
    goes_on = _starts(after, "/.,") and _starts(after[1:], _DIGITS)
    if end == 0 or goes_on or not _ends(after) or _starts_alnum(after):
        return None
    return float(number[:end]), after


def _int32(digits):
    """An integer of at most 32 bits, or None."""
    body = digits[1:] if digits.startswith("-") else digits
    body = body.lstrip("0") or body[-1:]
    if not body or len(body) > 10:
        return None
    value = -int(body) if digits.startswith("-") else int(body)
    return value if -(2**31) <= value < 2**31 else None


def _written_power(rest):
    """An exponent in superscript or behind a caret, and what follows."""
    if rest.startswith("^"):
        inside = rest[1:]
        bracket = _starts(inside, "({")
        found = _signed_integer(inside[1:] if bracket else inside)
        if found is None or not bracket:
            return found
        return (found[0], found[1][1:]) if _starts(found[1], ")}") else None
    digits = ""
    end = 0
    for at, char in enumerate(rest):
        if char == "⁻" and at == 0:
            digits = "-"
        elif char == "⁺" and at == 0:
            pass
        elif char in _SUPERSCRIPTS:
            digits += str(_SUPERSCRIPTS[char])
        else:
            break
        end = at + 1
    exponent = _int32(digits)
    return None if exponent is None else (exponent, rest[end:])


def _signed_integer(text):
    negative, text = _sign(text)
    end = _run(text, 0, _DIGITS)
    value = _int32(text[:end])
    return None if value is None else (-value if negative else value, text[end:])


def _times_ten(rest):
    """Exponent and rest of `× 10^3`; None where no product is; False for another product or a lost superscript."""
    spaced = _lstrip(rest)
    if not _starts(spaced, "×xX*·⋅∙•✕"):
        return None
    after = _lstrip(spaced[1:])
    if not _starts(after, _DIGITS):
        return None
    if not after.startswith("10"):
        return False
    after = after[2:]
    found = _written_power(after)
    if found is None:
        # `1 × 10-8`, `1 x 10 -8`: a lost superscript with no other meaning.
        after = after[1:] if after.startswith(" ") else after
        found = _signed_integer(after) if after.startswith("-") else _written_power(after)
    return found if found is not None and _ends(found[1]) else False


def _letter_exponent(rest):
    """`e3`, `E+23`, directly behind the digits."""
    if not _starts(rest, "eE") or rest.startswith(" ", 1):
        return None
    found = _signed_integer(rest[1:])
    return found if found is not None and not _starts_alnum(found[1]) else None


def _number_words(text):
    """Value and rest of number words to the thousands, `million` and `billion`; None when there are none."""
    rest = text
    total = group = 0.0
    n_words = 0
    last_scale = math.inf
    # Up to 9 of the lowest place that is still free.
    room = math.inf
    while True:
        following = rest if n_words == 0 else rest.lstrip(" -")
        if n_words > 0 and len(following) == len(rest):
            break
        if n_words > 0 and room > 99.0:
            after = _strip_phrase(following, "and ")
            if after is not None and _number_word(_lstrip(after)) is not None:
                following = _lstrip(after)
        if n_words == 0:
            after = _strip_phrase(following, "a ")
            found = None if after is None else _scale_word(_lstrip(after))
            if found is not None:
                scale, rest = found
                if scale >= 1e3:
                    total = last_scale = scale
                    room = 999.0
                else:
                    group = scale
                    room = 100.0
                n_words = 1
                continue
        found = _number_word(following)
        if found is not None:
            value, after = found
            if not (room > 99.0 or (room > 9.0 and 0.0 < value < 10.0)):
                break
            group += value
            room = 10.0 if value >= 20.0 else 0.0
            rest = after
        else:
            found = _scale_word(following)
            if found is None or n_words == 0 or group == 0.0:
                break
            scale, after = found
            if scale < 1e3:
                if group > 99.0:
                    break
                group *= scale
                room = 100.0
            else:
                if scale >= last_scale:
                    break
                total += group * scale
                group = 0.0
                last_scale = scale
                room = math.inf
            rest = after
        n_words += 1
    return (total + group, rest) if n_words > 0 else None


def _scale_word(text):
    for word, scale in _SCALES:
        rest = _strip_phrase(text, word)
        if rest is not None:
            return scale, rest
    return None


def _number_word(text):
    """One number word; `two` also in front of `fold`."""
    for word, value in _NUMBERS:
        rest = _strip_phrase(text, word)
        if rest is not None:
            return value, rest
        if 2.0 <= value <= 10.0 and _same(text[: len(word)], word):
            rest = text[len(word) :]
            if _strip_phrase(rest, "fold") is not None:
                return value, rest
    return None


def _is_number_word(word):
    return _ascii_lower(word) in _NUMBER_WORDS


# Numbers: one quantity with its comparator, unit, spread and what it counts.


class _Quantity:
    __slots__ = ("value", "form", "comparator", "unit", "after", "restated")

    def __init__(self, value, form, comparator):
        self.value = value
        self.form = form
        self.comparator = comparator
        self.unit = None
        # What follows the numeral: the unit and a counted noun, brackets left out.
        self.after = ""
        # The other way the same value is written in brackets.
        self.restated = None

    def value_in(self, wanted):
        """The value in the wanted unit, None for a bare number; None when the unit written is of another kind."""
        if wanted is None:
            if self.unit is None:
                bare = self.form != _TWICE
            else:
                bare = self.unit.is_count() or (
                    self.unit.is_only("fold") and _strip_phrase(_lstrip(self.after), "times") is not None
                )
            return self.value if bare else None
        is_percent, is_fold = wanted.is_only("percent"), wanted.is_only("fold")
        if self.form == _HALF and self.unit is None:
            after = _strip(self.after)
            return 50.0 if is_percent and (not after or _strip_phrase(after, "of") is not None) else None
        if self.form == _TWICE:
            return self.value if is_fold and self.unit is None else None
        if self.form == _FRACTION and self.unit is None and (is_percent or is_fold):
            return None
        if self.unit is not None:
            value = _convert(self.value, self.unit, wanted)
            if value is not None or wanted.is_known():
                return value
        elif not _strip(self.after):
            # The question named the unit; a temperature has two that fit.
            return None if wanted.is_only("K") else self.value
        if wanted.is_known():
            return None
        after = _lstrip(self.after)
        for unit, rest in _noun_prefixes(after[1:] if after.startswith("-") else after):
            if _same_dimension(unit, wanted) and not _continues_unit(rest):
                return _convert(self.value, unit, wanted)
        return None

    def take_unit(self, after):
        """Reads the unit at the start; what follows it, or None when letters are glued on that are no unit."""
        found = _unit_of(after)
        if found is not None:
            self.unit, rest = found
            return rest
        # `3D`, `53BP1`, `43+`: no quantity.
        if after and (_is_alnum(after[0]) or after[0] in "+-:_'"):
            return after if after.startswith("-") and _starts_letter(after[1:]) else None
        return after

    def take_bracket(self, group):
        """Whether one bracket behind the number is a statistic, a unit, the same value again, or harmless words."""
        if not group or _is_statistic(group):
            return True
        if self.unit is None:
            found = _read_unit(group, False)
            if found is not None and not _strip(found[1]):
                self.unit = found[0]
                return True
        other = _parse_quantity(group, False)
        if other is not None:
            self.restated = other
            return self.restates(other)
        return _is_harmless(group)

    def restates(self, other):
        if self.comparator != other.comparator and other.comparator != "=":
            return False
        a, b = self.unit, other.unit
        if a is None and b is None:
            return _close(self.value, other.value)
        if a is not None and b is not None:
            value = _convert(other.value, b, a)
            return value is not None and _close(self.value, value)
        if a is None:
            return self.form == _FRACTION and b.is_only("percent") and abs(100.0 * self.value - other.value) <= 0.5
        return other.form == _FRACTION and a.is_only("percent") and abs(100.0 * other.value - self.value) <= 0.5


def _close(a, b):
    return abs(a - b) <= 0.01 * max(abs(a), abs(b))


def _continues_unit(rest):
    rest = _lstrip(rest)
    return _starts(rest, "/·*^⁻") or _strip_phrase(rest, "per ") is not None


def _parse_quantity(text, brackets=True):
    """The one quantity in a normalised `text`; None when there is none or more than one, a range, a list or a date."""
    rest = _unwrapped(_strip(text))
    comparator = None
    # Approximators, comparators and labels in any order, each at most a few times.
    for _ in range(6):
        rest = _lstrip(rest)
        after = _strip_longest(rest, _APPROXIMATORS)
        if after is None:
            found = _comparator_sign(rest)
            if found is not None:
                if comparator is not None:
                    return None
                comparator, after = found
        if after is None:
            after = _label(rest)
        if after is None:
            after = _strip_longest(rest, ("a ", "an ", "the "))
            if after is not None and _scale_word(_lstrip(after)) is not None:
                after = None
        if after is None:
            break
        rest = after
    found = _read_numeral(_lstrip(rest))
    if found is None:
        return None
    value, form, after = found
    groups = []
    if brackets:
        split = _without_brackets(after)
        if split is None:
            return None
        after, groups = split
    quantity = _Quantity(value, form, comparator or "=")
    rest = quantity.take_unit(after)
    if rest is None:
        return None
    spread = _spread(rest)
    if spread is not None:
        found = _read_numeral(_lstrip(spread))
        if found is None:
            return None
        rest = found[2]
        found = _unit_of(rest)
        if found is not None:
            unit, rest = found
            if quantity.unit is None:
                quantity.unit = unit
            elif not _same_dimension(quantity.unit, unit):
                return None
    for _ in range(3):
        part = _second_part(quantity.unit, rest)
        if part is None:
            break
        quantity.value += part[0]
        rest = part[1]
    for group in groups:
        if not quantity.take_bracket(_strip(group)):
            return None
    if not _is_harmless(rest) or _continues_unit(rest):
        return None
    quantity.after = after
    return quantity


def _unit_of(after):
    """The unit behind a numeral, over a space or a hyphen."""
    spaced = _lstrip(after)
    if spaced.startswith("-") and _starts_letter(spaced[1:]):
        spaced = spaced[1:]
    found = _read_unit(spaced, False)
    if found is not None:
        return found
    # `2.5×`, `2.5 times`, `2.5x`.
    rest = spaced[1:] if spaced.startswith("×") else _strip_longest(spaced, ("times", "x"))
    return None if rest is None else (_Unit({"fold": 1}), rest)


def _comparator_sign(text):
    less = _strip_longest(text, _LESS)
    greater = _strip_longest(text, _GREATER)
    if less is not None and (greater is None or len(less) < len(greater)):
        return "<", less
    return None if greater is None else (">", greater)


def _label(text):
    """What follows `pH`, `n =`, `p`, `K_d =`; a comparator sign stays."""
    if text.startswith("="):
        return text[1:]
    rest = _strip_phrase(text, "ph")
    if rest is not None:
        rest = _lstrip(rest)
        after = _strip_phrase(rest, "of")
        if after is None and rest.startswith(":"):
            after = rest[1:]
        return _or(after, rest)
    end = n_letters = n_marks = 0
    for char in text:
        if char in _ALPHA and n_marks == 0 and n_letters < 2:
            n_letters += 1
        elif (_is_alnum(char) or char == "_") and n_marks < 4 and n_letters > 0:
            # A subscript: `K_d`, `IC50`, `R²`.
            n_marks += 1
        else:
            break
        end += 1
    if n_letters == 0:
        return None
    name, after = text[:end], text[end:]
    mark = name[n_letters : n_letters + 1]
    marked = not mark or mark == "_" or mark in _DIGITS or not _is_alnum(mark)
    if not marked and name[-1] not in _SUPERSCRIPTS:
        return None
    spaced = _lstrip(after)
    if _starts(spaced, "=<>≤≥≈~∼"):
        return spaced
    is_p = _same(name, "p") and _starts(spaced, "0123456789.")
    return spaced if is_p and len(spaced) < len(after) else None


def _spread(rest):
    rest = _lstrip(rest)
    for sign in ("±", "+/-", "+-", "+ / -"):
        if rest.startswith(sign):
            return rest[len(sign) :]
    return None


def _second_part(first, rest):
    """The second part of `1 h 30 min`, in the first part's unit, and what follows."""
    if first is None or not (first.is_only("s") or first.is_only("month")):
        return None
    rest = _lstrip(rest)
    rest = _lstrip(rest[1:] if rest.startswith(",") else rest)
    rest = _lstrip(_or(_strip_phrase(rest, "and "), rest))
    if not _starts(rest, _DIGITS):
        return None
    found = _read_numeral(rest)
    unit = None if found is None else _unit_of(found[2])
    if unit is None:
        return None
    unit, after = unit
    if not (_same_dimension(first, unit) and unit.scale < first.scale and found[0] >= 0.0):
        return None
    value = _convert(found[0], unit, first)
    return None if value is None else (value, after)


def _unwrapped(text):
    """`text` without brackets around all of it."""
    if len(text) >= 2 and text[0] == "(" and text[-1] == ")":
        inside = text[1:-1]
        if "(" not in inside and ")" not in inside:
            return _strip(inside)
    return text


_OPEN_BRACKET = re.compile(r"[(\[]")
_CLOSE_BRACKET = re.compile(r"[)\]]")


def _without_brackets(after):
    """`after` without the brackets behind the number, and those; brackets of a unit (`mg/(kg·d)`) stay."""
    if "(" not in after and "[" not in after:
        return after, []
    plain = ""
    groups = []
    rest = after
    while True:
        opening = _OPEN_BRACKET.search(rest)
        if opening is None:
            break
        closing = _CLOSE_BRACKET.search(rest, opening.end())
        if closing is None:
            return None
        group = rest[opening.end() : closing.start()]
        before = rest[: opening.start()]
        plain += before
        of_unit = before.endswith(("/", "^")) or (
            _rstrip(before).endswith(("/", "^", "%")) and group in ("w/v", "v/v", "w/w")
        )
        if of_unit:
            plain += rest[opening.start() : closing.end()]
        elif "(" in group or "[" in group or len(groups) == 4:
            return None
        else:
            groups.append(group)
            plain += " "
        rest = rest[closing.end() :]
    return _rstrip(plain + rest), groups


def _is_statistic(group):
    """Brackets that give the spread or the sample, not another answer."""
    group = _lstrip(group)
    if _spread(group) is not None:
        return True
    names = ("ci", "confidence interval", "range", "sd", "sem", "s.d.", "s.e.m.", "n", "p")
    if _strip_longest(group, names) is not None:
        return True
    found = _read_numeral(group)
    if found is None or not _lstrip(found[2]).startswith("%"):
        return False
    return _strip_longest(_lstrip(_lstrip(found[2])[1:]), ("ci", "confidence interval")) is not None


_TOKEN_END = re.compile("[%s,;/()\\[\\]\"“”]" % _SPACE_CHARS)
_BOUNDS = frozenset(["more", "less", "fewer", "above", "over", "below", "under", "higher", "up", "upwards"])


def _is_harmless(rest):
    """Whether `rest` names what was counted and nothing else: no further quantity, bound, alternative or denial."""
    if any(char in "<>=≤≥±≈~∼∞×→" for char in rest):
        return False
    previous_and = False
    for token in _TOKEN_END.split(rest):
        start, end = 0, len(token)
        while start < end and not (_is_alnum(token[start]) or token[start] in _VULGAR):
            start += 1
        while start < end and not (_is_alnum(token[end - 1]) or token[end - 1] in _VULGAR):
            end -= 1
        word = _ascii_lower(token[start:end])
        if not word:
            if "+" in token:
                return False
            continue
        if word[0] in _NUMBER or word in _TAIL_STOPS:
            return False
        letters = "".join(char if char in _ALPHA else " " for char in word)
        if any(part in _NUMBER_WORDS for part in letters.split(" ")):
            return False
        if previous_and and word in _BOUNDS:
            return False
        previous_and = word == "and"
    return True


# Keys: each says whether a text free of dress is right, as None, or names what is wrong.


class _Key:
    is_list = False
    short_words = SHORT_WORDS
    short_chars = SHORT_CHARS
    # The most words that an extracted answer may have.
    max_words = None


def _word_limit(n_words):
    return max(3 * n_words + 5, SHORT_WORDS)


class _NumberKey(_Key):
    max_words = SHORT_WORDS

    def __init__(self, value, unit, tolerance, comparator):
        self.value = value
        self.unit = unit
        self.tolerance = tolerance
        self.comparator = comparator

    def judge(self, text):
        parsed = _parse_quantity(_normalised(_trimmed(_without_lead_in(text))))
        if parsed is None:
            return "not_one_number"
        miss = self._compare(parsed)
        if miss is not None and parsed.restated is not None and self._compare(parsed.restated) is None:
            return None
        return miss

    def _compare(self, parsed):
        value = parsed.value_in(self.unit)
        if value is None:
            return "wrong_unit"
        if parsed.comparator != self.comparator:
            return "wrong_comparator"
        # The slack keeps a value at the very edge inside, whatever the conversion rounded.
        within = abs(value - self.value) <= self.tolerance + 1e-9 * abs(self.value)
        return None if within else "wrong_value"


class _TermKey(_Key):
    def __init__(self, forms):
        self.forms = forms
        self.max_words = _word_limit(forms.n_words)

    def judge(self, text):
        if self.forms.accept(text) or self.forms.accept(_without_lead_in(text)):
            return None
        return "negated" if _is_negated(text) else "other_term"


_SEVERAL, _NOTHING = -1, -2
_REASONS = frozenset(["because", "since", "as", "due", "given", "i"])
_DENIALS = frozenset(["not", "wrong", "incorrect", "false", "excluded", "neither", "never"])
_ABOUT_LETTER = frozenset(["is", "was", "not", "can", "seems", "cannot"])
_LETTER_JOINTS = frozenset(["or", "and", "nor", "maybe", "perhaps", "possibly", "no"])


class _ChoiceKey(_Key):
    def __init__(self, options, correct):
        if not 2 <= len(options) <= 26:
            raise BadSpec("a choice takes 2 to 26 options, not %d" % len(options))
        letter = _strip(correct)
        index = _letter_index(letter, len(options)) if len(letter) == 1 else None
        if index is None:
            raise BadSpec("`%s` is not the letter of an option" % correct)
        self.correct = index
        self.options = [_Forms([text]) for text in options]
        folded = [option.forms[0][1] for option in self.options]
        for at, own in enumerate(folded):
            if not own.exact:
                raise BadSpec("an accepted form is empty")
            for other in range(at):
                if folded[other].equals(own):
                    raise BadSpec("options %s and %s are the same" % (chr(65 + other), chr(65 + at)))
        self.folded = folded
        self.max_words = _word_limit(max(option.n_words for option in self.options))

    def judge(self, text):
        chosen = self._read(text)
        if chosen == _SEVERAL:
            return "several_options"
        if chosen == _NOTHING:
            return "no_option"
        return None if chosen == self.correct else "other_option"

    def _read(self, text):
        whole = text.translate(_FULL_WIDTH)
        text = _strip(_without_lead_in(whole).rstrip(".!?,;:"))
        index = self._lone_letter(text)
        if index is None:
            index = self._option_text(_strip(whole))
        if index is None:
            index = self._option_text(text)
        if index is not None:
            return index
        bare = _strip_longest(text, _OPTION_WORDS)
        bare = text if bare is None else bare.lstrip(": ")
        led = self._leading_letter(bare, len(bare) < len(text))
        return self._trailing_letter(text) if led is None else self._with_rest(*led)

    def _lone_letter(self, text):
        return _letter_index(text, len(self.options)) if len(text) == 1 else None

    def _equal(self, folded):
        for index, own in enumerate(self.folded):
            if own.equals(folded):
                return index
        return None

    def _option_text(self, text):
        index = self._equal(_fold(text))
        if index is not None:
            return index
        # `A microglia` may mean letter A: the article in a capital counts only where the letter agrees.
        capital = _lstrip(text).startswith("A ")
        index = self._equal(_fold(_name_of(text)))
        return None if index is None or (capital and index != 0) else index

    def _leading_letter(self, text, marked):
        """The letter that `text` starts with, what follows it, and whether it is marked as a letter; or None."""
        bracket = _starts(text, "([{")
        inside = _lstrip(text[1:]) if bracket else text
        index = _letter_index(inside[:1], len(self.options))
        if index is None:
            return None
        rest = inside[1:]
        if bracket:
            rest = _lstrip(rest)
            return (index, rest[1:].lstrip(":. "), True) if _starts(rest, ")]}") else None
        if _starts(rest, ")].:;,"):
            return index, rest[1:], True
        bare = not rest or rest[0] in _SPACE or rest[0] in "/—–"
        # A small `a` in front of a word is the article.
        return (index, rest, marked) if bare and (marked or inside[0] != "a") else None

    def _with_rest(self, index, rest, marked):
        """What follows the letter must be its own text, a repetition, or an explanation that names no other option."""
        rest = _strip(_strip(rest).lstrip("-–—:"))
        if not rest:
            return index
        bracketed = len(rest) >= 2 and rest[0] == "(" and rest[-1] == ")"
        option = self._option_text(rest[1:-1] if bracketed else rest)
        if option is not None:
            return index if option == index else _SEVERAL
        words = _words_of(rest, "'")
        lower = [_lower(word) for word in words]
        # `A` and `I` are words of English too: an unmarked one needs a reason behind it.
        if not marked and index in (0, 8) and not (lower and lower[0] in _REASONS):
            return _NOTHING
        joint = rest[0] in "/&+,"
        for at, word in enumerate(words):
            if len(word) == 1:
                other = _letter_index(word, len(self.options))
                if other is not None and other != index and (word in _UPPER or joint):
                    return _SEVERAL
            if lower[at] in _DENIALS and (at == 0 or (at < 3 and lower[0] in _ABOUT_LETTER)):
                return _NOTHING
            joint = lower[at] in _LETTER_JOINTS
        folded = _fold(rest).exact
        for other, own in enumerate(self.folded):
            if other != index and len(own.singular) >= 2 and _contains_term(rest, folded, own):
                return _SEVERAL
        return index

    def _trailing_letter(self, text):
        """`microglia (B)`: the text first, its own letter behind it."""
        parts = _bracket_parts(text)
        if parts is None:
            return _NOTHING
        option = self._option_text(parts[0])
        letter = self._lone_letter(_strip(_or(_strip_longest(parts[1], _OPTION_WORDS), parts[1])))
        if option is None or letter is None:
            return _NOTHING
        return option if option == letter else _SEVERAL


def _letter_index(char, n_options):
    if char not in _ALPHA.ascii:
        return None
    index = ord(char.upper()) - 65
    return index if index < n_options else None


def _contains_term(text, folded, option):
    """Whether a run of whole words of `text` is the option; `folded` is `text` folded and rules most out quickly."""
    if option.singular not in folded and option.exact not in folded:
        return False
    most = 2 * _n_bytes(option.exact) + 16
    # Byte offsets of each char, since the longest run that is tried is given in bytes.
    offsets = [0]
    for char in text:
        offsets.append(offsets[-1] + _n_bytes(char))
    previous = False
    for start, char in enumerate(text):
        alnum = _is_alnum(char)
        if alnum and not previous:
            for end in _word_run_ends(text, start):
                if offsets[end] - offsets[start] > most:
                    break
                if option.equals(_fold(text[start:end])):
                    return True
        previous = alnum
    return False


def _word_run_ends(text, start):
    for at in range(start, len(text)):
        if not _is_alnum(text[at]):
            yield at
            yield at + 1
    yield len(text)


class _BooleanKey(_Key):
    def __init__(self, value):
        self.value = value

    def judge(self, text):
        found = _yes_or_no(text)
        if found is None:
            return "not_yes_or_no"
        return None if found == self.value else "opposite"


_BOOLEAN_JOINTS = frozenset(["and", "or", "actually", "but", "wait", "then", "rather", "also", "maybe"])
_EXPLAINERS = frozenset(
    (
        "because since as it they this that there the these those he she we in only for indeed absolutely definitely "
        "clearly if when although though due"
    ).split()
)
_BOOLEAN_MARKS = (_PUNCTUATION - frozenset("'_")) | frozenset("–—…“”。，")


def _yes_or_no(text):
    """The word at the start, or standing alone between punctuation, with at most a short explanation; or None."""
    tokens = _boolean_tokens(_without_lead_in(text))
    words = [_lower(token) for token in tokens if token]
    if len(words) > 1 + MAX_EXPLANATION_WORDS:
        return None
    if len(words) == 2 and words[0] == "not":
        return {"true": False, "false": True}.get(words[1])
    values = [_polarity(token) for token in tokens]
    found = None
    for at, value in enumerate(values):
        if value is None:
            continue
        left = at == 0 or _joins(tokens[at - 1]) or values[at - 1] is not None
        last = at + 1 == len(tokens)
        right = last or _joins(tokens[at + 1]) or values[at + 1] is not None
        if not (left and (right or (at == 0 and _explains(tokens[0], tokens[1])))):
            continue
        if found is not None and found != value:
            return None
        found = value
    return found


def _polarity(word):
    word = _ascii_lower(word)
    return True if word in _YES else False if word in _NO else None


def _joins(token):
    return not token or _ascii_lower(token) in _BOOLEAN_JOINTS


def _explains(answer, following):
    if not following:
        return True
    return _same(answer, "yes") or (len(answer) > 1 and _ascii_lower(following) in _EXPLAINERS)


def _boolean_tokens(text):
    """Words, and an empty string for each run of punctuation between them."""
    tokens = []
    word = []
    for char in text:
        if char not in _SPACE and char not in _BOOLEAN_MARKS:
            word.append(char)
            continue
        if word:
            tokens.append("".join(word))
            word = []
        if char not in _SPACE and (not tokens or tokens[-1]):
            tokens.append("")
    if word:
        tokens.append("".join(word))
    return tokens[1:] if tokens and not tokens[0] else tokens


class _DirectionKey(_Key):
    def __init__(self, value):
        self.value = value

    def judge(self, text):
        found = _direction(text)
        if found is None:
            return "not_one_direction"
        return None if found == self.value else "other_direction"


_DIRECTIONS = {word: "increase" for word in _phrases("increase")}
_DIRECTIONS.update({word: "decrease" for word in _phrases("decrease")})
_NO_CHANGE = {}
for _phrase in _phrases("no_change"):
    if " " in _phrase:
        _NO_CHANGE.setdefault(_phrase.split(" ")[0], []).append(_phrase.split(" "))
    else:
        _DIRECTIONS[_phrase] = "no_change"


def _direction(text):
    """The one direction that `text` answers; None for none, several, a denial, or an answer that runs on."""
    words = _direction_words(_without_lead_in(text))
    found = set()
    negated = False
    n_other_words = 0
    at = 0
    while at < len(words):
        word = words[at]
        phrases = [phrase for phrase in _NO_CHANGE.get(word, ()) if words[at : at + len(phrase)] == phrase]
        if phrases:
            found.add("no_change")
            at += max(map(len, phrases))
            continue
        if _is_magnitude(*(words[at : at + 3] + ["", ""])[:3]):
            n_other_words += 1
        elif word in _DIRECTIONS:
            found.add(_DIRECTIONS[word])
        else:
            n_other_words += 1
            negated = negated or word in _NEGATIONS or word.endswith("n't")
        at += 1
    if len(found) != 1 or negated or n_other_words > MAX_EXPLANATION_WORDS:
        return None
    return found.pop()


def _is_magnitude(word, following, after):
    """`more than 2-fold`, `up to 40%`: an amount, not a direction."""
    if word in ("more", "less", "greater", "fewer", "lower", "higher"):
        return following == "than" and _is_amount(after)
    return word in ("up", "down") and following == "to" and _is_amount(after)


def _is_amount(word):
    return bool(word) and (
        word[0] in _NUMBER or _is_number_word(word) or (word.endswith("fold") and _is_number_word(word[:-4]))
    )


def _direction_words(text):
    """Lower-case words; hyphens inside words go (`up-regulated`), underscores separate, arrows are words."""
    words = []
    word = ""
    for at, char in enumerate(text):
        if char == "’":
            char = "'"
        if _is_alnum(char) or char == "'":
            word += _LOWER_OF_NEW.get(ord(char)) or char.lower()
            continue
        if char in _HYPHENS and word in ("up", "down", "non") and _starts_letter(text[at + 1 : at + 2]):
            continue
        if word:
            words.append(word)
            word = ""
        if char in "↑↓↔":
            words.append(char)
    if word:
        words.append(word)
    return words


_ALPHABETS = {
    "dna": "ACGTRYSWKMBDHVN",
    "rna": "ACGURYSWKMBDHVN",
    "protein": "ACDEFGHIKLMNPQRSTVWYBJZXUO*",
}
_PRIMES = "'′’`´"


class _SequenceKey(_Key):
    def __init__(self, value, alphabet):
        if _n_bytes(value) > MAX_ANSWER_BYTES:
            raise BadSpec(_TOO_LONG)
        self.letters = _compact(value)
        for letter in self.letters:
            if letter not in _ALPHABETS[alphabet]:
                raise BadSpec("`%s` is no letter of the sequence's alphabet" % letter)
        if not self.letters:
            raise BadSpec("an accepted form is empty")
        self.nucleotides = alphabet != "protein"

    def judge(self, text):
        text = _strip(text)
        if text.startswith(">"):
            text = _strip(text.partition("\n")[2])
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1]
        text = _without_end_marks(text)
        if self.nucleotides:
            text = "".join(_lstrip(line).lstrip("0123456789") for line in text.split("\n"))
        return None if _compact(text) == self.letters else "other_sequence"


def _compact(text):
    return "".join(char for char in text if char not in _SPACE).translate(_ASCII_UPPERED)


def _without_end_marks(text):
    """Without `5'-` in front and `-3'` behind, when both are there."""
    if len(text) < 4 or text[0] != "5" or text[1] not in _PRIMES or text[-1] not in _PRIMES or text[-2] != "3":
        return text
    inside = _strip(text[2:-2])
    inside = inside[1:] if _starts(inside, _HYPHENS) else inside
    return inside[:-1] if inside and inside[-1] in _HYPHENS else inside


class _ListKey(_Key):
    is_list = True

    def __init__(self, items, ordered):
        self.items = items
        self.ordered = ordered
        forms = [text for item in items for text, _ in item.forms]
        # The most separators that one accepted form holds.
        self.most_joints = max(len(_split(text, ordered)) - 1 for text in forms)
        self.short_words = SHORT_WORDS * len(items)
        self.short_chars = SHORT_CHARS * len(items)
        self.max_words = sum(_word_limit(item.n_words) for item in items)

    def judge(self, text):
        text = _strip(text).rstrip(".")
        listed = _json_strings(text)
        if listed is not None:
            found = [self._item(item) for item in listed]
            return "unknown_item" if None in found else self._compare(found)
        read = _lines(_inside_braces(text))
        if read is None:
            return "wrong_order"
        lines, numbered = read
        found = []
        directions = set()
        for line in lines:
            miss = self._read_line(line, found, directions)
            if miss is not None:
                return miss
            if len(found) > 2 * len(self.items):
                return "repeated_items"
        if True in directions:
            if numbered:
                return "wrong_order"
            found.reverse()
        return self._compare(found)

    def _read_line(self, line, found, directions):
        """Reads the items of a line: greedily, so that a separator inside an accepted name stays inside it."""
        line = _strip(line)
        line = _strip(_or(_strip_longest(line, ("both ",)), line))
        pieces = _split(line, self.ordered)
        at = 0
        while at < len(pieces):
            start = pieces[at][0]
            for last in range(min(at + self.most_joints, len(pieces) - 1), at - 1, -1):
                item = self._item(line[start : pieces[last][1]])
                if item is not None:
                    break
            else:
                # A separator at the end leaves nothing behind it.
                if at > 0 and at + 1 == len(pieces) and not _name_of(line[start : pieces[at][1]]):
                    break
                return "unknown_item"
            found.append(item)
            if self.ordered and last + 1 < len(pieces):
                directions.add(pieces[last][2] == "<")
                if len(directions) > 1:
                    return "wrong_order"
            at = last + 1
        return None

    def _item(self, text):
        text = _strip(text)
        named = self._named(text)
        if named is not None:
            return named
        # `1) IL-6, 2) TNF`
        listed = _list_content(text)
        return self._named(listed[1]) if listed is not None and listed[0] is not None else None

    def _named(self, text):
        for index, item in enumerate(self.items):
            if item.accept(text):
                return index
        return None

    def _compare(self, found):
        if self.ordered:
            if found == list(range(len(self.items))):
                return None
            return "missing_item" if len(found) < len(self.items) else "wrong_order"
        if len(set(found)) < len(self.items):
            return "missing_item"
        return "repeated_items" if len(found) > 2 * len(self.items) else None


def _inside_braces(text):
    for opening, closing in ("{}", "[]"):
        if len(text) >= 2 and text[0] == opening and text[-1] == closing:
            inside = text[1:-1]
            if opening not in inside and closing not in inside:
                return _strip(inside)
    return text


def _lines(text):
    """The lines without bullets, in the order of their numbers where all have one, and whether; None for a tie."""
    rows = [row for row in map(_strip, text.split("\n")) if row]
    read = [_list_content(row) or (None, row) for row in rows]
    if len(read) > 1 and all(number is not None for number, _ in read):
        ordered = sorted(read, key=lambda row: row[0])
        if any(a[0] == b[0] for a, b in zip(ordered, ordered[1:])):
            return None
        return [line for _, line in ordered], True
    return [line if number is None else row for (number, line), row in zip(read, rows)], False


_SIGNS_OF_ORDER = (
    ("->", ""), (">=", ""), (">>", ""), ("<=", "<"), ("<<", "<"), (">", ""), ("→", ""), ("≥", ""), ("≫", ""),
    ("<", "<"), ("≤", "<"), ("≪", "<"),
)


def _split(text, ordered):
    """(start, end, joint) of each piece between separators; the joint is `<` where the order runs backwards."""
    pieces = []
    start = at = 0
    while at < len(text):
        joint = _joint_at(text, at, ordered)
        if joint is None:
            at += 1
        else:
            pieces.append((start, at, joint[1]))
            start = at = joint[0]
    pieces.append((start, len(text), None))
    return pieces


def _joint_at(text, at, ordered):
    """Where the separator at `at` ends, and its kind; None when there is none."""
    first = text[at]
    if first not in ",; ><→≥≤≫≪-\xa0":
        return None
    if first == ";" or (first == "," and at + 1 < len(text) and text[at + 1] in _SPACE):
        return _after_words(text, at + 1, ordered), ""
    if first in " \xa0":
        inner = _run(text, at, _SPACE)
        tail = text[inner:]
        for word in ("and ", "& ", "/ ", "+ ", "as well as ") + (("then ",) if ordered else ()):
            after = _strip_phrase(tail, word)
            if after is not None:
                return len(text) - len(after), ""
        # A spaced sign of order.
        return _joint_at(text, inner, ordered) if _starts(tail, "><→≥≤≫≪-") else None
    if ordered:
        for sign, joint in _SIGNS_OF_ORDER:
            if text.startswith(sign, at):
                return _after_words(text, at + len(sign), ordered), joint
    return None


def _after_words(text, at, ordered):
    """Where the text goes on behind `, and`, `; then`."""
    inner = _run(text, at, _SPACE)
    after = _strip_longest(text[inner:], ("and then ", "and ", "then ") if ordered else ("and ",))
    return inner if after is None else len(text) - len(after)


# JSON: what an answer may be wrapped in, read as strictly as the Rust grader reads it.


def _finite_json(text):
    value = float(text)
    if math.isinf(value):
        raise ValueError("number out of range")
    return value


def _json_int(text):
    if text == "-0":
        return -0.0
    value = int(text) if len(text) <= 20 else None
    return value if value is not None and -(2**63) <= value < 2**64 else _finite_json(text)


def _no_constant(text):
    raise ValueError("%s is no JSON" % text)


class _Object(list):
    """The entries of a JSON object, in order, repeated ones too."""


def _json(text, hook=_Object):
    """The JSON value; raises ValueError for anything else."""
    try:
        return json.loads(
            text, object_pairs_hook=hook, parse_float=_finite_json, parse_int=_json_int, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _json_strings(text):
    """A JSON array of strings, or None."""
    if not text.startswith("["):
        return None
    try:
        items = _json(text)
    except ValueError:
        return None
    return items if all(isinstance(item, str) and not _SURROGATE.search(item) for item in items) else None


def _json_answer(content):
    """The text, or the list of texts, in `{"answer": …}` with that one key; None for anything else."""
    bare = _strip(content)
    while bare.startswith("```json"):
        bare = bare[7:]
    bare = _strip(bare.strip("`"))
    if not bare.startswith("{"):
        return None
    try:
        entries = _json(bare)
    except ValueError:
        return None
    if len(entries) != 1 or entries[0][0] != "answer":
        return None
    value = entries[0][1]
    if isinstance(value, list) and not isinstance(value, _Object):
        items = [_scalar(item) for item in value]
        return None if None in items else items
    return _scalar(value)


def _scalar(value):
    """A JSON scalar as text, or None."""
    if isinstance(value, str):
        return None if _SURROGATE.search(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return _float_text(value) if isinstance(value, float) else None


def _float_text(value):
    """The shortest decimal that reads back as `value`, with an exponent below 1e-5 and from 1e16."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    if value == 0.0:
        return "-0.0" if sign else "0.0"
    digits = "".join(map(str, digits))
    point = len(digits) + exponent
    if 0 < point <= 16:
        whole = digits[:point].ljust(point, "0")
        text = "%s.%s" % (whole, digits[point:] or "0")
    elif -5 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + "e%d" % (point - 1)
    return "-" + text if sign else text


# Specs.

_TOO_LONG = "an accepted form is longer than %d bytes, the most that an answer may have" % MAX_ANSWER_BYTES


def _prepared(spec):
    if not isinstance(spec, dict):
        raise BadSpec("invalid type: %s, expected internally tagged enum AnswerSpec" % _shown(spec))
    if "type" not in spec:
        raise BadSpec("missing field `type`")
    kind = spec.get("type")
    if kind == "number":
        return _number_key(spec)
    if kind == "term":
        return _TermKey(_forms(spec))
    if kind == "choice":
        return _ChoiceKey(_strings(spec, "options"), _string(spec, "correct"))
    if kind == "boolean":
        if not isinstance(spec.get("value"), bool):
            raise BadSpec("`value` is true or false")
        return _BooleanKey(spec["value"])
    if kind == "direction":
        return _DirectionKey(_one_of(spec, "value", ("increase", "decrease", "no_change")))
    if kind == "sequence":
        return _SequenceKey(_string(spec, "value"), _one_of(spec, "alphabet", ("dna", "rna", "protein")))
    if kind in ("set", "ranking"):
        return _ListKey(_items(spec), kind == "ranking")
    kinds = ("number", "term", "choice", "boolean", "direction", "sequence", "set", "ranking")
    raise BadSpec("unknown variant `%s`, expected one of `%s`" % (kind, "`, `".join(kinds)))


def _shown(value):
    """A JSON value that is no object, as an error names it."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string %s" % json.dumps(value, ensure_ascii=False)
    return "sequence" if isinstance(value, (list, tuple)) else "`%s`" % str(value).lower()


def _string(spec, name):
    value = spec.get(name)
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise BadSpec("`%s` is a text" % name)
    return value


def _strings(spec, name, default=None):
    values = spec.get(name, default)
    if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
        raise BadSpec("`%s` is a list of texts" % name)
    if any(_SURROGATE.search(value) for value in values):
        raise BadSpec("`%s` is a list of texts" % name)
    return list(values)


def _one_of(spec, name, allowed):
    value = spec.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise BadSpec("`%s` is one of %s" % (name, ", ".join(allowed)))
    return value


def _float(value, name):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadSpec("`%s` is a number" % name)
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _plain_float(value):
    """Digits without an exponent."""
    if not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value, "NaN")
    text = format(Decimal(repr(value)), "f")
    return text[:-2] if text.endswith(".0") else text


def _number_key(spec):
    value = _float(spec.get("value"), "value")
    unit = spec.get("unit")
    if unit is not None and (not isinstance(unit, str) or _SURROGATE.search(unit)):
        raise BadSpec("`unit` is a text")
    tolerance = spec.get("tolerance")
    if not isinstance(tolerance, dict):
        raise BadSpec("`tolerance` is one of relative, absolute")
    if len(tolerance) != 1:
        raise BadSpec("invalid value: map, expected map with a single key")
    ((kind, amount),) = tolerance.items()
    if kind not in ("relative", "absolute"):
        raise BadSpec("`tolerance` is one of relative, absolute")
    amount = _float(amount, kind)
    comparator = _one_of({"comparator": "=", **spec}, "comparator", ("=", "<", ">"))
    if not math.isfinite(value):
        raise BadSpec("the value %s is not a finite number" % _plain_float(value))
    known = None
    if unit is not None:
        known = _parse_unit(unit)
        if known is None:
            raise BadSpec("the unit `%s` is neither in the unit table nor a plain noun" % unit)
    allowed = amount * abs(value) if kind == "relative" else amount
    if not math.isfinite(amount) or amount < 0.0 or not math.isfinite(allowed):
        raise BadSpec("the tolerance %s is not a finite number from zero up" % _plain_float(amount))
    if value == 0.0 and kind == "relative":
        raise BadSpec("a relative tolerance of zero accepts nothing else; give an absolute one")
    return _NumberKey(value, known, allowed, comparator)


def _forms(spec):
    texts = [_string(spec, "value")] + _strings(spec, "synonyms", ())
    if any(_n_bytes(text) > MAX_ANSWER_BYTES for text in texts):
        raise BadSpec(_TOO_LONG)
    forms = _Forms(texts)
    if any(not folded.exact for _, folded in forms.forms):
        raise BadSpec("an accepted form is empty")
    return forms


def _items(spec):
    items = spec.get("items")
    if not isinstance(items, (list, tuple)):
        raise BadSpec("`items` is a list")
    for item in items:
        if not isinstance(item, (str, dict)):
            raise BadSpec("an item is a text or has a `value`")
    if not items:
        raise BadSpec("there are no items")
    forms = []
    seen = set()
    for item in items:
        form = _forms({"value": item} if isinstance(item, str) else item)
        own = {folded.singular for _, folded in form.forms}
        if own & seen:
            raise BadSpec("item `%s` occurs twice" % form.forms[0][0])
        seen |= own
        forms.append(form)
    return forms


# The filter.


def _grade_line(line):
    """The result for one line of input, as the filter prints it, and whether the line was malformed."""
    ident = None
    try:
        entries = _json(line.decode("utf-8", "replace"))
        if not isinstance(entries, _Object):
            raise ValueError("a line is an object")
        fields = dict(entries)
        if len(fields) < len(entries) and len({key for key, _ in entries}) < len(entries):
            for name in ("id", "spec", "response", "score", "class"):
                if sum(key == name for key, _ in entries) > 1:
                    raise ValueError("duplicate field `%s`" % name)
        ident = _plain_json(fields.get("id"))
        if "spec" not in fields:
            raise ValueError("missing field `spec`")
        if not isinstance(fields.get("response"), str):
            raise ValueError("`response` is a text")
        return {"id": ident, **grade(_plain_json(fields["spec"]), fields["response"])}, False
    except ValueError as error:
        return {"id": ident, **_wrong("", "bad_input: %s" % error)}, True


def _plain_json(value):
    """`value` with dicts for objects."""
    if isinstance(value, _Object):
        return {key: _plain_json(entry) for key, entry in value}
    return [_plain_json(entry) for entry in value] if isinstance(value, list) else value


def _main(arguments):
    if len(arguments) > 1 or (arguments and arguments[0] in ("-h", "--help")):
        sys.stderr.write("usage: python grader.py [FILE.jsonl]\n")
        return 2
    source = open(arguments[0], "rb") if arguments else sys.stdin.buffer
    n_malformed = 0
    out = sys.stdout.buffer
    with source:
        while True:
            line = source.readline(MAX_LINE_BYTES + 1)
            if not line:
                break
            if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = source.readline(MAX_LINE_BYTES)
                why = "bad_input: the line is longer than %d bytes" % MAX_LINE_BYTES
                result, malformed = {"id": None, **_wrong("", why)}, True
            elif not line.strip(b" \t\n\x0c\r"):
                continue
            else:
                result, malformed = _grade_line(line)
            n_malformed += malformed
            text = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
            out.write(text.encode("utf-8", "replace") + b"\n")
            out.flush()
    return 1 if n_malformed else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
