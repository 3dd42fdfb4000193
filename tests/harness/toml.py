"""Writes the little TOML that a gateway's configuration needs."""

import json


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def dumps(table, path=()):
    lines, below = [], []
    for key, value in table.items():
        if isinstance(value, dict):
            below.append(f"\n[{'.'.join((*path, key))}]\n" + dumps(value, (*path, key)))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            below += [f"\n[[{'.'.join((*path, key))}]]\n" + dumps(row) for row in value]
        else:
            lines.append(f"{key} = {_value(value)}\n")
    return "".join(lines + below)


def merged(base, extra):
    """`base` with `extra` laid over it, table by table."""
    result = dict(base)
    for key, value in extra.items():
        known = result.get(key)
        both = isinstance(known, dict) and isinstance(value, dict)
        result[key] = merged(known, value) if both else value
    return result
