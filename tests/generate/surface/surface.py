"""Prints the public names of type stubs of Python, a line each, without documentation.

Usage: surface.py -- FILE...
"""

import ast
import pathlib
import sys


def is_public(name):
    """`Global___X` is what the type stubs themselves say for `X`."""
    special = name in ("__init__", "__new__")
    return special or not name.startswith(("_", "Global___"))


def show(statements, indent=""):
    for statement in statements:
        match statement:
            case ast.ClassDef(name=name, bases=bases) if is_public(name):
                bases = ", ".join(ast.unparse(base) for base in bases)
                print(f"{indent}class {name}({bases})")
                show(statement.body, indent + "    ")
            case ast.FunctionDef(name=name) if is_public(name):
                print(indent + function(statement))
            case ast.AnnAssign(target=target) if is_public(ast.unparse(target)):
                print(indent + ast.unparse(statement))
            case ast.Assign(targets=[target]) if is_public(ast.unparse(target)):
                print(indent + ast.unparse(statement))


def function(statement):
    returns = ast.unparse(statement.returns)
    if any(ast.unparse(it) == "_builtins.property" for it in statement.decorator_list):
        return f"{statement.name} -> {returns}"
    return f"def {statement.name}({ast.unparse(statement.args)}) -> {returns}"


for path in sys.argv[2:]:
    print(f"=== {path}")
    show(ast.parse(pathlib.Path(path).read_text(encoding="utf-8")).body)
