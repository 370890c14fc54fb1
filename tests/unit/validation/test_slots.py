"""The pass for an outline's gaps may only pass what the generic pass, and pyshacl, pass."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ldes_shok.ldes.template import Outline
from ldes_shok.rdf.parse import load_turtle, triples_of
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.slots import SlotCheck
from ldes_shok.validation.source import ShapesSource
from tests.fixtures.members import BASE, MemberFixture, valid_members
from tests.fixtures.outlines import Outlined, altered, outlined

MEMBERS = tuple(valid_members().values())
PREFIX = "@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
MEMBER, GAPPED, P = "http://x.test/m", "<\0>", "<http://x.test/p>"


def _pool(member: MemberFixture) -> tuple[str, ...]:
    """What stands in the gaps of other members of the same stream."""
    return tuple({v for m in MEMBERS if m.stream == member.stream for v in outlined(m).values})


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
def test_a_valid_member_is_a_witness(
    compiled: dict[str, CompiledShape], member: MemberFixture
) -> None:
    kind = outlined(member)
    check = compiled[member.stream].specialise(kind.outline, kind.values)
    assert check is not None
    for _ in range(600):  # longer than the trial after which memories are dropped
        assert check.conforms(kind.values)
    assert not check.conforms(kind.values[:-1])
    assert not check.conforms((*kind.values, "x"))


def _compare(
    count: int,
    seed: int,
    compiled: dict[str, CompiledShape],
    authority: ShaclJudge,
    ask: int,
    per_kind: int = 100,
) -> tuple[int, int, int]:
    """(passed by the slots, by the generic pass only, by neither), over mutated values.

    Whatever the slots pass must pass the generic check; once in `ask` times pyshacl is asked too.
    """
    chance = random.Random(seed)
    slots = generic = neither = 0
    for number in range(count // per_kind):
        member = MEMBERS[number % len(MEMBERS)]
        shape, pool = compiled[member.stream], _pool(member)
        kind = outlined(member, chance, share=chance.choice((0.3, 0.6, 1.0)))
        check = shape.specialise(kind.outline, kind.values)
        assert check is not None, (member.name, kind)
        for _ in range(per_kind):
            values = altered(kind.values, pool, chance)
            triples = kind.outline.fill(values)
            if check.conforms(values):
                assert shape.conforms(values[0], triples), (member.name, kind.outline, values)
                if slots % ask == 0:
                    verdict = authority.judge(member.stream, values[0], triples)
                    assert verdict.conforms, (member.name, values, verdict.sentence)
                slots += 1
            elif shape.conforms(values[0], triples):
                generic += 1
            else:
                neither += 1
    return slots, generic, neither


def test_whatever_the_slots_pass_pyshacl_passes(
    compiled: dict[str, CompiledShape], authority: ShaclJudge
) -> None:
    slots, generic, neither = _compare(14_000, 4, compiled, authority, ask=12)
    assert slots > 2_000
    assert neither > 5_000
    assert generic < slots / 10  # it is a fast pass: little is left to the slower one


@pytest.mark.nightly
def test_whatever_the_slots_pass_pyshacl_passes_at_length(
    compiled: dict[str, CompiledShape], authority: ShaclJudge
) -> None:
    slots, _, neither = _compare(70_000, 5, compiled, authority, ask=1)
    assert slots > 18_000  # each of them judged by pyshacl too
    assert neither > 20_000


def test_a_member_that_does_not_pass_is_no_witness(compiled: dict[str, CompiledShape]) -> None:
    for member in MEMBERS:
        kind = outlined(member)
        for values in ((*kind.values[:-1], "x"), kind.values[1:], ("no iri", *kind.values[1:])):
            assert compiled[member.stream].specialise(kind.outline, values) is None


def _shape(directory: Path, body: str) -> CompiledShape:
    path = directory / "proef.ttl"
    path.write_text(PREFIX + body, encoding="utf-8")
    graph = load_turtle(path, BASE + "/")
    return CompiledShape(ShapesSource(triples_of(graph)), f"{BASE}/shapes/proef")


def _check(directory: Path, body: str, kind: Outlined) -> SlotCheck | None:
    return _shape(directory, body).specialise(kind.outline, kind.values)


CLOSED = "<shapes/proef> sh:closed true ; sh:property <a> . <a> sh:path <http://x.test/p> ; "


@pytest.mark.parametrize(
    ("rule", "pattern", "value", "others_pass", "others_fail"),
    [
        ('sh:in ( "a" "b" )', '"\0"', "a", ["b"], ["c", "", "\\u0061"]),
        ('sh:in ( "xa" "xb" "c" )', '"x\0"', "a", ["b"], ["c", "xa"]),
        ('sh:hasValue "a"', '"\0"', "a", [], ["b"]),
        ('sh:pattern "^a.c$"', '"\0"', "abc", ["a c"], ["ab", "a\nc", 'a"c']),
        ('sh:pattern "^a.c$"', '"a\0c"', "b", ["é"], ["", "bb"]),
        ("sh:maxLength 3", '"\0"', "abc", ["\\u0061bc", "\\n\\n\\n", ""], ["abcd", "\\", "\\u00"]),
        ("sh:minLength 3", '"\0b"', "ab", ["\\n\\\\"], ["a", "\\n"]),
        ("sh:nodeKind sh:IRI", "<\0>", "urn:a", ["urn:b"], ["urn: b", "a>b", 'a"']),
        ("sh:nodeKind sh:IRI", "<urn:\0>", "a", ["b", ""], [" ", ">"]),
        ("sh:nodeKind sh:Literal", '"\0"@nl', "a", ["b", '\\"'], ['b"@en', "\\x", "\ud800"]),
        (
            "sh:datatype <http://www.w3.org/2001/XMLSchema#decimal>",
            '"\0"^^<http://www.w3.org/2001/XMLSchema#decimal>', "1.5", ["-1"], ["1e5", ".5", ""],
        ),
        (
            "sh:datatype <http://www.w3.org/2001/XMLSchema#decimal>",
            '"-\0.5"^^<http://www.w3.org/2001/XMLSchema#decimal>', "1", ["22"], ["-1", "1.1", ""],
        ),
        (
            "sh:qualifiedValueShape [ sh:in ( <urn:a> <urn:b> ) ] ; sh:qualifiedMaxCount 1",
            "<\0>", "urn:a", ["urn:b"], ["urn:c"],
        ),
        (
            "sh:qualifiedValueShape [ sh:in ( <urn:a> ) ] ; sh:qualifiedMaxCount 0",
            "<urn:\0>", "b", ["c", "aa"], ["a"],
        ),
        ("sh:node [ sh:nodeKind sh:IRI ]", "<\0>", "urn:a", ["urn:b"], [MEMBER, "urn: "]),
        ('sh:or ( [ sh:in ( "a" ) ] [ sh:maxLength 2 ] )', '"\0"', "bb", ["cc", "a"], ["ccc"]),
        ('sh:or ( [ sh:in ( "a" ) ] [ sh:maxLength 2 ] )', '"\0"', "a", [], ["bb"]),
        (
            'sh:or ( [ sh:pattern "b" ; sh:node [ sh:maxLength 1 ] ] [ sh:maxLength 2 ] )',
            '"\0"', "bb", ["cc"], ["bbb"],
        ),
    ],
)  # fmt: skip
def test_a_gap_is_held_to_what_the_witness_passed(
    tmp_path: Path, rule: str, pattern: str, value: str, others_pass: list[str],
    others_fail: list[str],
) -> None:  # fmt: skip
    kind = Outlined(Outline(((GAPPED, P, pattern),)), (MEMBER, value))
    check = _check(tmp_path, f"{CLOSED} {rule} .", kind)
    assert check is not None
    assert check.conforms((MEMBER, value))
    assert check.conforms(("http://x.test/other", value))
    assert [v for v in others_pass if not check.conforms((MEMBER, v))] == []
    assert [v for v in others_fail if check.conforms((MEMBER, v))] == []


@pytest.mark.parametrize(
    ("triples", "values"),
    [
        # Two gaps that happen to hold the same, where one value is allowed.
        (((GAPPED, P, '"\0"'), (GAPPED, P, '"\0"')), (MEMBER, "a", "a")),
        # A subject that is neither the member nor a blank node of it.
        (((GAPPED, P, '"\0"'), ("<urn:other>", P, '"x"')), (MEMBER, "a")),
        # Gaps where a value could change the kind, the datatype or the language of the term.
        (((GAPPED, P, '"x"@\0'),), (MEMBER, "nl")),
        (((GAPPED, P, '"x"^^<\0>'),), (MEMBER, "urn:a")),
        (((GAPPED, P, "_:\0"),), (MEMBER, "a")),
        (((GAPPED, P, "\0"),), (MEMBER, '"a"')),
        (((GAPPED, P, '"\\\0"'),), (MEMBER, "n")),
        (((GAPPED, P, '"\0\0"'),), (MEMBER, "n")),
        (((GAPPED, P, '"\0"'),), (MEMBER, 'a" .')),
        (((GAPPED, P, '"\0"'),), (MEMBER, "\ud800")),
    ],
)
def test_what_proves_nothing_for_others_is_not_specialised(
    tmp_path: Path, triples: tuple[tuple[str, str, str], ...], values: tuple[str, ...]
) -> None:
    kind = Outlined(Outline(triples), values)
    assert _check(tmp_path, f"{CLOSED} sh:maxCount 1 .", kind) is None


def test_an_iri_that_could_name_the_member_is_kept_apart_from_it(tmp_path: Path) -> None:
    """What is said of the member itself would be judged as the other node's."""
    body = f"{CLOSED} sh:node [ sh:property [ sh:path <http://x.test/p> ; sh:maxCount 0 ] ] ."
    for pattern, values in (("<\0>", (MEMBER, "urn:a")), ("<urn:a>", (MEMBER,))):
        kind = Outlined(Outline(((GAPPED, P, pattern),)), values)
        shape = _shape(tmp_path, body)
        check = shape.specialise(kind.outline, kind.values)
        assert check is not None
        assert check.conforms(values)
        itself = ("urn:a", *values[1:])
        assert not check.conforms(itself)
        assert not shape.conforms("urn:a", kind.outline.fill(itself))
        assert shape.specialise(kind.outline, itself) is None


def test_a_subject_that_a_gap_could_name_ends_the_attempt(tmp_path: Path) -> None:
    body = f"{CLOSED} sh:node [ sh:closed true ; sh:property [ sh:path <http://x.test/q> ] ] ."
    other = "<urn:other>"
    triples = ((GAPPED, P, other), (other, "<http://x.test/q>", '"\0"'))
    shape, outline = _shape(tmp_path, body), Outline(triples)
    assert shape.conforms(MEMBER, outline.fill((MEMBER, "x")))
    assert shape.specialise(outline, (MEMBER, "x")) is None


def test_what_a_closed_shape_ignores_must_still_be_a_term(tmp_path: Path) -> None:
    shape = _shape(
        tmp_path,
        "<shapes/proef> sh:closed true ; sh:ignoredProperties ( <http://x.test/p> ) .",
    )
    kind = Outlined(Outline(((GAPPED, P, '"\0"'),)), (MEMBER, "a"))
    check = shape.specialise(kind.outline, kind.values)
    assert check is not None
    for value, passes in (("b", True), ('b"', False), ("\\", False)):
        assert check.conforms((MEMBER, value)) is passes
        assert shape.conforms(MEMBER, kind.outline.fill((MEMBER, value))) is passes


def test_values_are_forgotten_when_there_are_too_many(tmp_path: Path) -> None:
    """Neither the repeating nor the ever new values fill the memory."""
    shape = _shape(tmp_path, f"{CLOSED} sh:maxLength 6 .")
    kind = Outlined(Outline(((GAPPED, P, '"\0"'),)), (MEMBER, "a"))
    check = shape.specialise(kind.outline, kind.values)
    assert check is not None
    for number in range(20_000):
        assert check.conforms((f"{MEMBER}{number}", f"{number if number > 100 else 0}"))
    remembered = {len(memory.passed) for memory in shape._memories._known.values()}
    assert max(remembered) in range(100, 8193)  # the values, as long as there is room
    assert min(remembered) <= 64  # the members' IRIs: they never repeat
    assert not check.conforms((MEMBER, "1234567"))


def test_memories_are_shared_where_the_same_is_asked(tmp_path: Path) -> None:
    """The same IRIs pass through many outlines: each is tested once."""
    shape = _shape(tmp_path, f"{CLOSED} sh:maxLength 6 .")
    for number in range(3_000):
        outline = Outline(((GAPPED, P, '"\0"'), (GAPPED, P, f'"{number}"')))
        assert shape.specialise(outline, (MEMBER, "a")) is not None
    assert len(shape._memories._known) == 2
    for number in range(3_000):
        outline = Outline(((GAPPED, P, f'"{number}\0"'),))
        assert shape.specialise(outline, (MEMBER, "a")) is not None
    assert len(shape._memories._known) <= 1024


def test_what_an_alternative_judged_is_judged(tmp_path: Path) -> None:
    body = f"""{CLOSED} sh:or ( [ sh:closed true ;
        sh:property [ sh:path <http://x.test/q> ] ] [ sh:nodeKind sh:Literal ] ) ."""
    outline = Outline(((GAPPED, P, "_:b"), ("_:b", "<http://x.test/q>", '"\0"')))
    check = _shape(tmp_path, body).specialise(outline, (MEMBER, "x"))
    assert check is not None
    assert check.conforms((MEMBER, "y"))
