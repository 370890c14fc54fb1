"""The oracle is only worth something if it finds what is wrong: each kind of damage is planted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldes_shok.fragmentation.tree import Policy
from ldes_shok.fsck import Check, Finding, Invariant, Report, Response, check_stream
from ldes_shok.fsck.stream import check_stored
from ldes_shok.ldes.member import FIRST_POSITION
from tests.unit.fsck.damages import LEAF, LOG_DAMAGES, PAGE_DAMAGES
from tests.unit.fsck.fake import HOURS, NQUADS, ROOT, SmallStream, canonical, published_at


def found(report: Report) -> set[Invariant]:
    return {finding.invariant for finding in report.findings}


def test_a_sound_stream_has_no_findings(small: SmallStream) -> None:
    report = check_stream(ROOT, small.site.fetch, Check(small.stored, canonical=canonical))
    assert report.findings == ()
    assert not report.findings
    assert len(report.members) == len(set(report.members)) == len(HOURS)
    assert report.pages == len(small.stored.nodes()) == 16
    assert str(report) == "16 pages, 11 members, 0 findings"


def test_an_empty_stream_has_no_findings(tmp_path: Path) -> None:
    empty = SmallStream(tmp_path, members=0)
    report = check_stream(ROOT, empty.site.fetch, Check(empty.stored, canonical=canonical))
    empty.close()
    assert (report.findings, report.pages, report.members) == ((), 1, ())


@pytest.mark.parametrize("name", PAGE_DAMAGES)
def test_a_damaged_page_is_found_by_crawling(small: SmallStream, name: str) -> None:
    invariant, damage = PAGE_DAMAGES[name]
    damage(small)
    report = check_stream(ROOT, small.site.fetch)
    assert invariant in found(report), str(report)


@pytest.mark.parametrize("name", PAGE_DAMAGES)
def test_the_log_tells_a_damaged_page_from_its_own(small: SmallStream, name: str) -> None:
    """P12: every page can be rebuilt byte for byte from the log."""
    damage = PAGE_DAMAGES[name][1]
    bodies = {key: answer.body for key, answer in small.site.answers.items()}
    damage(small)
    report = check_stream(ROOT, small.site.fetch, Check(small.stored))
    if any(bodies[key] != answer.body for key, answer in small.site.answers.items()):
        assert {Invariant.REBUILT, Invariant.COMPLETE, Invariant.ANSWER} & found(report)
    assert report.findings


@pytest.mark.parametrize(
    ("media_type", "before", "after"),
    [
        ("text/turtle", '"0.50"', '"0.5"'),
        ("application/trig", "Observation", "Sample"),
        ("application/n-triples", "2026-05-12T08:00:00.000Z", "2026-05-12T08:00:00Z"),
        ("application/ld+json", "observatie/0/v1", "observatie/0/v2"),
        ("application/ld+json", "context.jsonld", "other.json"),
        ("text/turtle", "@base", "@bose"),
    ],
)
def test_forms_that_differ_are_found(
    small: SmallStream, media_type: str, before: str, after: str
) -> None:
    """P9: all RDF forms of a node are the same graph."""
    small.site.edit(LEAF, lambda body: body.replace(before, after, 1), media_type)
    report = check_stream(ROOT, small.site.fetch, Check(canonical=canonical))
    assert found(report) == {Invariant.FORMS}


def test_a_form_that_is_not_served_is_found(small: SmallStream) -> None:
    del small.site.answers[LEAF, "application/trig"]
    report = check_stream(ROOT, small.site.fetch, Check(canonical=canonical))
    assert found(report) == {Invariant.FORMS}


def test_forms_are_compared_on_the_pages_of_the_sample_only(small: SmallStream) -> None:
    asked: list[str] = []

    def fetch(url: str, accept: str) -> Response:
        asked.append(accept)
        return small.site.fetch(url, accept)

    check_stream(ROOT, fetch, Check(canonical=canonical, forms_every=5))
    assert asked.count("text/turtle") == 4


@pytest.mark.parametrize("name", LOG_DAMAGES)
def test_a_damaged_log_is_found(small: SmallStream, name: str) -> None:
    """P4, P5, P12: the log, the nodes in it and the pages that are served must agree."""
    invariant, damage = LOG_DAMAGES[name]
    damage(small)
    report = check_stream(ROOT, small.site.fetch, Check(small.stored))
    assert invariant in found(report), str(report)


def test_two_versions_at_one_time_are_no_damage_where_that_was_no_rule_yet(
    small: SmallStream,
) -> None:
    small.rewrite_member(4, published_ms=published_at(3), entity="observatie/3")
    sentence = "shares its publication time with another of its versions"
    assert [str(f).count(sentence) for f in order(small)] == [1]
    (now,) = small.stored.record().policies
    old = replace(now, versions_per_millisecond=0)
    small.rewrite_stream(policies=(old, replace(now, from_position=FIRST_POSITION + 5)))
    assert order(small) == []


def order(small: SmallStream) -> list[Finding]:
    """What the check of the log finds wrong with times and positions."""
    items = [item for item in check_stored(small.stored) if isinstance(item, Finding)]
    return [finding for finding in items if finding.invariant is Invariant.ORDER]


def test_an_open_page_that_is_not_the_logs_is_found(small: SmallStream) -> None:
    small.site.edit(ROOT, lambda body: body.replace('"60"', '"61"'))
    report = check_stream(ROOT, small.site.fetch, Check(small.stored))
    assert [(f.invariant, f.url) for f in report.findings] == [(Invariant.REBUILT, ROOT)]


def test_members_that_the_crawl_misses_are_found(tmp_path: Path) -> None:
    """P5: following relations from a view's root finds every retained member exactly once."""
    small = SmallStream(tmp_path, members=9)
    answers = dict(small.site.answers)
    small.publish(2)
    small.site.answers = answers
    report = check_stream(ROOT, small.site.fetch, Check(small.stored))
    small.close()
    assert Invariant.COMPLETE in found(report)


def test_a_stream_that_grows_during_the_crawl_has_no_findings(tmp_path: Path) -> None:
    small = SmallStream(tmp_path, members=2)

    def fetch(url: str, accept: str) -> Response:
        answer = small.site.fetch(url, accept)
        if accept == NQUADS and len(small.stored.nodes()) < 16:
            small.publish(1)
        return answer

    report = check_stream(ROOT, fetch, Check(small.stored, canonical=canonical))
    small.close()
    assert report.findings == ()
    assert 2 <= len(report.members) <= len(HOURS)


def test_sealing_by_the_clock_and_other_policies_can_be_derived_again(tmp_path: Path) -> None:
    """P12: every page can be rebuilt byte for byte from the log."""
    small = SmallStream(tmp_path, members=4)
    small.use(Policy(leaf_members=1, bucket_leaves=3, sparse_month_members=4))
    small.publish(2)
    small.seal(datetime(2026, 5, 12, 13, 30, tzinfo=UTC))
    small.use(Policy(leaf_members=2, bucket_leaves=2, sparse_month_members=4))
    small.publish(4)
    small.seal(datetime(2027, 1, 1, tzinfo=UTC))
    report = check_stream(ROOT, small.site.fetch, Check(small.stored, canonical=canonical))
    small.close()
    assert report.findings == ()


def test_what_was_sealed_may_not_change(small: SmallStream) -> None:
    """P4: a sealed node never changes by a byte."""
    before = check_stream(ROOT, small.site.fetch, Check(canonical=canonical)).snapshot
    assert len(before.digests) == 5 * len(
        {url for (url, _), answer in small.site.answers.items() if answer.is_immutable}
    )
    again = Check(previous=before)
    assert check_stream(ROOT, small.site.fetch, again).findings == ()

    turtle = "text/turtle"
    small.site.edit(LEAF, lambda body: body.replace('"0.50"', '"0.51"'), turtle)
    (finding,) = check_stream(ROOT, small.site.fetch, again).findings
    assert (finding.invariant, finding.url) == (Invariant.SEALED, LEAF)
    assert turtle in finding.sentence


def test_what_was_sealed_may_not_go_or_open_again(small: SmallStream) -> None:
    before = check_stream(ROOT, small.site.fetch).snapshot
    answer = small.site.answers[LEAF, NQUADS]
    small.site.answers[LEAF, NQUADS] = replace(answer, status=410)
    report = check_stream(ROOT, small.site.fetch, Check(previous=before))
    assert (
        Finding(Invariant.SEALED, LEAF, f"it was sealed and is not served as {NQUADS} any more")
        in report.findings
    )


def test_a_stream_may_not_shrink(tmp_path: Path) -> None:
    """P3: the log only grows."""
    small = SmallStream(tmp_path, members=1)
    fewer = dict(small.site.answers)
    small.publish(4)
    before = check_stream(ROOT, small.site.fetch).snapshot
    small.site.answers = fewer
    small.close()
    report = check_stream(ROOT, small.site.fetch, Check(previous=before))
    sentences = [finding.sentence for finding in report.findings]
    assert "there were 5 members, now there are 1" in sentences
    assert "the newest member is older than before" in sentences


def test_no_answer_is_a_finding(small: SmallStream) -> None:
    def fetch(url: str, accept: str) -> Response:
        if url == LEAF:
            raise ConnectionError("refused")
        return small.site.fetch(url, accept)

    report = check_stream(ROOT, fetch)
    assert Finding(Invariant.ANSWER, LEAF, "no answer: refused") in report.findings
    assert "HTTP: http" in str(report)


def test_no_answer_in_one_form_is_a_finding(small: SmallStream) -> None:
    def fetch(url: str, accept: str) -> Response:
        if accept == "text/turtle":
            raise ConnectionError("refused")
        return small.site.fetch(url, accept)

    report = check_stream(ROOT, fetch, Check(canonical=canonical))
    assert found(report) == {Invariant.ANSWER}


def test_a_page_of_another_view_is_not_of_the_log(small: SmallStream) -> None:
    elsewhere = replace(small.stored.stream, view_iri="http://shok.test/kasten/by-place")
    stored = replace(small.stored, stream=elsewhere)
    report = check_stream(ROOT, small.site.fetch, Check(stored))
    assert Invariant.REBUILT in found(report)
