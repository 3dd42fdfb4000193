#!/usr/bin/env python3
"""Checks the arrows between the folders of src/ and the libraries beside it.

The root CMakeLists.txt says which folder may include which (tidemark_folder(NAME USES ...)); this
reads those very lines and holds every #include against them. The pure folders are held to more:
they name no socket, thread, clock or random source, so that a simulation can drive them.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PURE = {"base", "consistency", "topology", "sql", "routing", "wire", "session", "pool",
        "simulation", "audit/history", "audit/checks", "audit/report"}
# Of some folders only part may be seen by some others: what knows how the gateway works cannot
# convict it.
ONLY = {("audit", "consistency"): {"consistency/level.h"}}

IMPURE_HEADERS = re.compile(
    r"sys/(socket|epoll|eventfd|signalfd|timerfd|time|un|uio|wait)\.h|arpa/.*|netinet/.*|netdb\.h"
    r"|unistd\.h|fcntl\.h|poll\.h|time\.h|ctime|signal\.h|csignal|pthread\.h|thread|mutex"
    r"|shared_mutex|condition_variable|future|random|iostream|fstream|spdlog/.*|openssl/ssl\.h"
    r"|libpq-fe\.h|liburing\.h"
)
IMPURE_WORDS = re.compile(
    r"\b(steady_clock|system_clock|high_resolution_clock|clock_gettime|gettimeofday|getenv"
    r"|random_device|mt19937(?:_64)?|s?rand\s*\(|std::time\s*\()"
)
# A library that its folder alone may see.
RESERVED = {
    re.compile(r"openssl/ssl\.h|sys/epoll\.h|liburing\.h"): {"net"},
    re.compile(r"libpq-fe\.h"): {"gateway", "admin", "cli", "audit"},
    re.compile(r"pg_query.*\.h"): {"sql"},
    re.compile(r"gsasl\.h"): {"wire"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def allowed_arrows():
    """folder -> the folders it may include, itself among them."""
    text = re.sub(r"#.*", "", (ROOT / "CMakeLists.txt").read_text())
    arrows = {}
    for name, rest in re.findall(r"tidemark_folder\(\s*(\w+)([^)]*)\)", text):
        uses = re.search(r"\bUSES\b(.*?)(\bLIBRARIES\b|$)", rest, re.S)
        arrows[name] = {name, *(uses.group(1).split() if uses else [])}
    return arrows


def problems_of_arrows(arrows):
    for name, uses in arrows.items():
        for unknown in uses - arrows.keys():
            yield f"CMakeLists.txt: {name} uses {unknown}, which is no folder"
        if name in PURE and not uses <= PURE:
            yield f"CMakeLists.txt: {name} is pure and may not use {', '.join(uses - PURE)}"


def without_comments(text):
    """Blanks comments and string contents, keeping the line numbers."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"', re.S)

    def blank(match):
        token = match.group(0)
        return '""' + "\n" * token.count("\n") if token[0] in '"R' else "\n" * token.count("\n")

    return pattern.sub(blank, text)


def problems_of_include(folder, is_pure, is_test, kind, header, arrows):
    target = header.split("/")[0]
    if kind == '"' and "/" not in header:
        yield f'write "{folder}/{header}": includes are rooted at src/'
    elif target in arrows and "/" in header:
        if target not in arrows[folder]:
            yield f"{folder} may not include {target} (CMakeLists.txt says which it may)"
        elif header not in ONLY.get((folder, target), {header}):
            yield f"{folder} may include of {target} only {', '.join(ONLY[folder, target])}"
    for pattern, folders in RESERVED.items():
        if pattern.fullmatch(header) and folder not in folders and not is_test:
            yield f"<{header}> is for {', '.join(sorted(folders))} alone"
    if is_pure and not is_test and IMPURE_HEADERS.fullmatch(header):
        yield f"{folder} is pure: no <{header}>"


def problems_of_file(path, folder, arrows):
    text = path.read_text()
    is_test = path.name.endswith(("_test.cpp", "_fuzz.cpp"))
    is_pure = folder in PURE or f"{folder}/{path.parent.name}" in PURE
    for number, line in enumerate(text.splitlines(), 1):
        if match := INCLUDE.match(line):
            for problem in problems_of_include(folder, is_pure, is_test, *match.groups(),
                                              arrows):
                yield number, problem
    if is_pure and not is_test:
        for number, line in enumerate(without_comments(text).splitlines(), 1):
            if match := IMPURE_WORDS.search(line):
                yield number, f"{folder} is pure: no {match.group(1).rstrip('( ')}"


def main():
    arrows = allowed_arrows()
    problems = list(problems_of_arrows(arrows))
    files = 0
    beside = [name for name in arrows if (ROOT / name).is_dir()]
    for path in sorted(p for root in ["src", *beside] for p in (ROOT / root).rglob("*")):
        if path.suffix not in {".h", ".cpp"}:
            continue
        files += 1
        where = path.relative_to(ROOT)
        folder = where.parts[1 if where.parts[0] == "src" else 0]
        if folder not in arrows:
            problems.append(f"{where}: CMakeLists.txt has no tidemark_folder({folder} ...)")
            continue
        for line, problem in problems_of_file(path, folder, arrows):
            problems.append(f"{where}:{line}: {problem}")
    for problem in problems:
        print(f"layering: {problem}")
    if not problems:
        print(f"layering: {files} files keep the arrows")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
