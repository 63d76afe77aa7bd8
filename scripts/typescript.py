"""JSON Schema as TypeScript: exactly what pydantic makes of our models and typed dicts, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
REF = "#/$defs/"
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
NAME = re.compile(r"^[A-Za-z_$][A-Za-z0-9_$]*$")
WIDTH = 118


def declarations(schemas: Mapping[str, Schema]) -> str:
    """One exported declaration a name, the definitions that they refer to among them, by name."""
    found: dict[str, Schema] = {}
    for name, schema in schemas.items():
        for inner, definition in schema.get("$defs", {}).items():
            if found.setdefault(inner, definition) != definition:
                raise ValueError(f"two different definitions of {inner}")
        if schema.get("$ref") != REF + name:
            found[name] = {key: value for key, value in schema.items() if key != "$defs"}
    return "\n".join(_declaration(name, found[name]) for name in sorted(found))


def _declaration(name: str, schema: Schema) -> str:
    said = "".join(f"{line}\n" for line in _comment(schema.get("description", ""), ""))
    if schema.get("type") == "object" and "properties" in schema:
        return f"{said}export interface {name} {{\n{''.join(_members(schema))}}}\n"
    return f"{said}export type {name} ={_broken(_type(schema))}\n"


def _members(schema: Schema) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, member in schema["properties"].items():
        yield from (f"{line}\n" for line in _comment(member.get("description", ""), "  "))
        key = name if NAME.match(name) else json.dumps(name)
        yield f"  {key}{'' if name in required else '?'}: {_type(member)}\n"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[key]))
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(_literal(value) for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return _array(schema)
    if kind == "object":
        return _record(schema)
    return SIMPLE[kind] if kind else "unknown"


def _record(schema: Schema) -> str:
    # Where names are bounded by a pattern, the values stand under it and nothing else may be there.
    inner = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties", True))
    return f"Record<string, {'unknown' if inner is True else _type(inner)}>"


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
    item = _type(schema.get("items", {}))
    return f"({item})[]" if " | " in item else f"{item}[]"


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


def _broken(text: str) -> str:
    """A long union on lines of its own."""
    if len(text) < WIDTH - 30 or " | " not in text:
        return f" {text}"
    return "".join(f"\n  | {one}" for one in text.split(" | "))


def _comment(text: str, indent: str) -> Iterator[str]:
    if not text:
        return
    lines = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    if len(lines) == 1 and len(lines[0]) + len(indent) + 7 <= WIDTH:
        yield f"{indent}/** {lines[0]} */"
        return
    yield f"{indent}/**"
    for line in lines:
        yield from (f"{indent} * {piece}" for piece in _folded(line, WIDTH - len(indent) - 3))
    yield f"{indent} */"


def _folded(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line
