"""Mutants of the solutions: each is the solution with a mistake in one place.

A check that takes one of them for right has a hole, unless the mutant does the same as the solution
in every situation that the statement allows. Those are listed, each with the reason, in
equivalent/<lesson>.toml.

    python -m tests.exercises.mutants                # how many each check tells apart
    python -m tests.exercises.mutants queue.drain    # and which, with the hint that each draws
"""

from __future__ import annotations

import ast
import asyncio
import copy
import dataclasses
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.exercises.reader import NOTEBOOKS
from tests.notebooks import rerun

from course.session import CourseRedis
from exercises import catalogue
from exercises.calls import scratch_for
from exercises.exercise import Exercise
from exercises.judge import judge
from exercises.verdict import Verdict
from private_redis import PrivateServer

EQUIVALENT = Path(__file__).parent / "equivalent"
AT_ONCE = 4
"""Checks that run side by side; most of their time they wait."""

OTHER_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OTHER_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div,),
}


def mutants(code: str) -> dict[str, str]:
    """Return the mutants of the code, each under a name that says what was changed."""
    tree = ast.parse(code)
    found: dict[str, str] = {}
    seen = {ast.unparse(tree)}
    for name, mutant in _all(tree):
        text = ast.unparse(mutant)
        if text in seen:
            continue
        seen.add(text)
        number = 1 + sum(each.partition(" #")[0] == name for each in found)
        found[name if number == 1 else f"{name} #{number}"] = text
    return found


def _all(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.expr):
            for new in _other_expressions(node):
                yield (
                    f"{ast.unparse(node)} -> {ast.unparse(new)}",
                    _with(tree, place, lambda _, new=new: new),
                )
        for field in ("body", "orelse", "finalbody"):
            if isinstance(statements := getattr(node, field, None), list):
                yield from _other_bodies(tree, place, field, statements)
        if isinstance(node, ast.ExceptHandler) and node.type:
            yield f"except {ast.unparse(node.type)}: never", _with(tree, place, _catching_nothing)


def _other_expressions(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what could stand there by mistake."""
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            others = (value + 1, value - 1, value * 1000, value / 1000 if value >= 1000 else value)
            yield from (_number(other) for other in dict.fromkeys(others) if other != value)
        case ast.Constant(value=str() as value):
            yield ast.Constant(value + "x")
        case ast.JoinedStr(values=values):
            for index, part in enumerate(values):
                if isinstance(part, ast.Constant):
                    changed = ast.Constant(part.value.rstrip(":") + "x:")
                    yield ast.JoinedStr([*values[:index], changed, *values[index + 1 :]])
        case ast.Compare(left=left, ops=[operator], comparators=right):
            for other in OTHER_COMPARISONS[type(operator)]:
                yield ast.Compare(left, [other()], right)
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.BinOp(left=left, op=operator, right=right):
            yield from (
                ast.BinOp(left, other(), right) for other in OTHER_OPERATORS.get(type(operator), ())
            )
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
            yield body
            yield orelse
        case ast.Await(value=value):
            yield value
        case ast.Call():
            yield from _other_calls(node)
        case ast.Dict(keys=keys, values=values) if keys:
            for index in range(len(keys)):
                yield ast.Dict(
                    keys[:index] + keys[index + 1 :], values[:index] + values[index + 1 :]
                )
        case ast.Tuple(elts=elements, ctx=ast.Load()) if len(elements) > 1:
            yield ast.Tuple([elements[1], elements[0], *elements[2:]], ast.Load())


def _number(value: float) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _other_calls(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the call with an argument left out, with two that change places, and not made."""
    called, given, named = call.func, call.args, call.keywords
    for index in range(len(named)):
        yield ast.Call(called, given, named[:index] + named[index + 1 :])
    for index in range(len(given)):
        yield ast.Call(called, given[:index] + given[index + 1 :], named)
    for index in range(len(given) - 1):
        swapped = [*given[:index], given[index + 1], given[index], *given[index + 2 :]]
        yield ast.Call(called, swapped, named)
    if len(given) == 1 and not isinstance(given[0], ast.Starred):
        yield given[0]


def _other_bodies(
    tree: ast.Module, place: int, field: str, statements: list[ast.stmt]
) -> Iterator[tuple[str, ast.Module]]:
    """Yield the tree with a statement left out or changed, or two that change places."""

    def having(new: list[ast.stmt]) -> ast.Module:
        def change(node: ast.AST) -> ast.AST:
            setattr(node, field, new or [ast.Pass()])
            return node

        return _with(tree, place, change)

    for index, statement in enumerate(statements):
        before, after = statements[:index], statements[index + 1 :]
        line = _first_line(statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) or isinstance(
            getattr(tree.body[0], "targets", None), list
        ):
            continue
        if not isinstance(statement, ast.Pass):
            yield f"without: {line}", having(before + after)
        for what, new in _other_statements(statement):
            yield f"{what}: {line}", having([*before, *new, *after])
        if after:
            swapped = [*before, after[0], statement, *after[1:]]
            yield f"swapped: {line} / {_first_line(after[0])}", having(swapped)


def _other_statements(statement: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    match statement:
        case ast.If(test=test, body=body, orelse=orelse):
            yield "negated", [ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)]
            yield "always", body
        case ast.While(test=test, body=body, orelse=orelse):
            yield "once", [ast.If(test, body, orelse)]
        case ast.Return(value=value) if value:
            yield "no return", [ast.Expr(value)]
        case ast.Break():
            yield "continue for break", [ast.Continue()]
        case ast.Continue():
            yield "break for continue", [ast.Break()]
        case ast.Try(body=body, finalbody=final):
            yield "no try", body + final
            yield "no finally", body
        case ast.AugAssign(target=target, op=ast.Add(), value=value):
            yield "-= for +=", [ast.AugAssign(target, ast.Sub(), value)]
        case ast.Raise():
            yield "return for raise", [ast.Return(None)]
        case ast.AsyncWith(items=[ast.withitem(optional_vars=None)], body=body):
            yield "no async with", body


def _catching_nothing(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.ExceptHandler)
    node.type = ast.Name("ZeroDivisionError", ast.Load())
    return node


def _first_line(statement: ast.stmt) -> str:
    return ast.unparse(statement).partition("\n")[0]


def _with(tree: ast.Module, place: int, change: Callable[[ast.AST], ast.AST]) -> ast.Module:
    """Return a copy of the tree in which the node at this place of the walk is changed."""
    copied = copy.deepcopy(tree)
    old = next(node for number, node in enumerate(ast.walk(copied)) if number == place)
    new = copy.deepcopy(change(old))
    for parent in ast.walk(copied):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list):
                setattr(parent, field, [new if each is old else each for each in value])
    return ast.fix_missing_locations(copied)


@cache
def equivalent(name: str) -> dict[str, str]:
    """Return the mutants of this exercise that are right, and why they are."""
    lesson = name.partition(".")[0]
    text = (EQUIVALENT / f"{lesson}.toml").read_text(encoding="utf-8")
    return {str(mutant): str(why) for mutant, why in tomllib.loads(text).get(name, {}).items()}


@cache
def imports(lesson: str) -> str:
    """Return what the notebook of the lesson imports: an answer may use it."""
    cells = rerun.code_cells(rerun.read(NOTEBOOKS / f"{catalogue.LESSONS[lesson]}.ipynb"))
    statements = [
        ast.unparse(statement)
        for cell in cells
        for statement in ast.parse(cell.source, mode="exec", feature_version=None).body
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    return "\n".join(dict.fromkeys(statements))


async def tried(exercise: Exercise, code: str, here: CourseRedis) -> Verdict:
    """Put an answer to the judge, as a notebook's cell would, and return the verdict."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(imports(exercise.name.partition(".")[0]), scope)
    exec(compile(code, "<answer>", "exec", dont_inherit=True), scope)
    scratch = scratch_for(exercise.name, here)
    try:
        return await judge(exercise, tuple(scope[name] for name in exercise.answers), scratch)
    finally:
        scratch.close()


@dataclasses.dataclass(frozen=True)
class Told:
    """What became of a mutant."""

    mutant: str
    kind: str
    """The mistake that it was told, or `right`, or what else went wrong."""
    verdict: str


async def try_all(name: str, here: CourseRedis) -> list[Told]:
    """Put the mutants of an exercise to its check, but for the equivalent ones.

    Args:
        name: the exercise.
        here: where the checks work.
    """
    exercise = catalogue.find(name)
    made = mutants(exercise.solution)
    side_by_side = asyncio.Semaphore(AT_ONCE)

    async def one(mutant: str) -> Told:
        async with side_by_side:
            try:
                verdict = await tried(exercise, made[mutant], here)
            except Exception as error:  # whatever it is: a mutant must not cause it
                return Told(mutant, "broken", f"{type(error).__name__}: {error}")
        if verdict.kind == "right":
            return Told(mutant, "right", "")
        return Told(mutant, verdict.mistake or verdict.kind, repr(verdict))

    others = [mutant for mutant in made if mutant not in equivalent(name)]
    return list(await asyncio.gather(*map(one, others)))


async def main(names: list[str]) -> int:
    """Print how many mutants each check tells apart; return 1 if one was taken for right."""
    everything = [each.name for lesson in catalogue.LESSONS for each in catalogue.in_lesson(lesson)]
    holes = 0
    print(f"{'exercise':22} mutants  told apart  equivalent  accepted")
    with PrivateServer() as server:
        here = CourseRedis(server.url, f"mutants:{os.getpid()}:", "a server for the mutants")
        for name in names or everything:
            came = await try_all(name, here)
            accepted = sum(told.kind in ("right", "broken") for told in came)
            same = len(equivalent(name))
            numbers = f"{len(came) + same:7}  {len(came) - accepted:10}  {same:10}  {accepted:8}"
            print(f"{name:22} {numbers}")
            for told in sorted(came, key=lambda each: each.kind) if names else ():
                print(f"    {told.kind:18} {told.mutant}")
                if told.kind == "broken":
                    print(f"        {told.verdict}")
            holes += accepted
    return int(holes > 0)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
