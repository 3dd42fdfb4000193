#!/usr/bin/env python3
"""Limits of style, with a ratchet.

Lines of at most 100 columns, functions of at most 70 lines, files of at most 400; no tabs, no
trailing blanks, no reminders of unfinished work. What is over a limit of size today stands in
tools/tidy_ratchet.txt with its size: it may shrink and not grow, and nothing new may join.
`tidy.py --update` writes the ratchet anew and refuses to loosen it.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RATCHET = ROOT / "tools" / "tidy_ratchet.txt"
FOLDERS = ["src", "audit", "simulation", "bench", "examples", "tests", "tools", "cmake"]
SUFFIXES = {".h", ".cpp", ".py", ".sh", ".cmake"}
MAX_COLUMNS, MAX_FUNCTION, MAX_FILE = 100, 70, 400
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")

TOKENS = re.compile(
    r'R"(?P<tag>\w*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/'
    r"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
    re.S | re.M,
)
NOT_A_FUNCTION = re.compile(
    r"^\s*(namespace|class|struct|enum|union|extern|if|for|while|switch|else|do|try|catch)\b|=\s*$"
)


def blanked(text):
    """The text with comments, literals and directives blanked, offsets and lines kept."""
    return TOKENS.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def functions(text):
    """Yields (name, first line, lines) of every function body outside other functions."""
    text = blanked(text)
    stack = []  # of (is function, head, line of head)
    head_start = 0
    for match in re.finditer(r"[{};]", text):
        offset, character = match.start(), match.group(0)
        if character == "{":
            raw = text[head_start:offset]
            head = re.sub(r"^\s*((public|private|protected):\s*)+", "", raw).strip()
            inside = any(is_function for is_function, _, _ in stack)
            is_function = not inside and "(" in head and not NOT_A_FUNCTION.search(head)
            first = text.count("\n", 0, head_start + len(raw) - len(raw.lstrip())) + 1
            stack.append((is_function, head, first))
        elif character == "}" and stack:
            is_function, head, first = stack.pop()
            if is_function:
                name = head.split("(")[0].split()[-1].lstrip("*&")
                yield name, first, text.count("\n", 0, offset) + 2 - first
        head_start = offset + 1


def check_file(path):
    """Returns (plain problems, {what is over a limit of size: its size})."""
    where = path.relative_to(ROOT).as_posix()
    text = path.read_text()
    problems, oversized = [], {}
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > MAX_COLUMNS:
            problems.append(f"{where}:{number}: {len(line)} columns, at most {MAX_COLUMNS}")
        if "\t" in line or line != line.rstrip():
            problems.append(f"{where}:{number}: a tab or a trailing blank")
        if UNFINISHED.search(line):
            problems.append(f"{where}:{number}: unfinished business belongs elsewhere")
    if text and not text.endswith("\n"):
        problems.append(f"{where}: no newline at the end")
    if path.suffix == ".h" and "#pragma once" not in text:
        problems.append(f"{where}: no #pragma once")
    lines = text.count("\n")
    if lines > MAX_FILE:
        oversized[where] = lines
    if path.suffix in {".h", ".cpp"}:
        for name, _, length in functions(text):
            if length > MAX_FUNCTION:
                oversized[f"{where}:{name}"] = length
    return problems, oversized


def read_ratchet():
    if not RATCHET.exists():
        return {}
    lines = (line.split() for line in RATCHET.read_text().splitlines())
    return {line[0]: int(line[1]) for line in lines if line and not line[0].startswith("#")}


def hold_against(ratchet, oversized):
    for what, size in sorted(oversized.items()):
        limit = MAX_FUNCTION if ":" in what else MAX_FILE
        if size > ratchet.get(what, limit):
            yield f"{what}: {size} lines, at most {ratchet.get(what, limit)}"


def write_ratchet(oversized):
    head = "# What is over a limit of tools/tidy.py, and by how much: it may shrink and not grow.\n"
    rows = "".join(f"{what} {size}\n" for what, size in sorted(oversized.items()))
    RATCHET.write_text(head + rows)


def main():
    problems, oversized, files = [], {}, 0
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and "node_modules" not in path.parts:
                files += 1
                found, over = check_file(path)
                problems += found
                oversized |= over
    ratchet = read_ratchet()
    problems += hold_against(ratchet, oversized)
    for problem in problems:
        print(f"tidy: {problem}")
    if problems:
        return 1
    if "--update" in sys.argv:
        write_ratchet(oversized)
    elif loose := [what for what, size in ratchet.items() if oversized.get(what, 0) < size]:
        print(f"tidy: shorter now, well done: tools/tidy.py --update ({', '.join(loose)})")
        return 1
    print(f"tidy: {files} files are within the limits, {len(oversized)} by the ratchet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
