"""Puts tables into a page of docs/, between marks, so that a run can replace those of another."""

import re


def put(page, name, text):
    """Replaces what stands between `<!-- begin NAME -->` and `<!-- end NAME -->`."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    before = page.read_text()
    if begin not in before or end not in before:
        raise SystemExit(f"{page}: no place for \"{name}\" between {begin} and {end}")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    page.write_text(pattern.sub(lambda _: f"{begin}\n\n{text.strip()}\n\n{end}", before))
