"""What jco's script does that a worker cannot afford: it hoards, and keeps books of calls that never wait.

Every piece is known by its text. Where another jco writes another text it stays: it works, but costs more.
"""

from __future__ import annotations

import re

#: The one whose pieces were all found.
KNOWN_JCO = "1.35.0"

#: It remembers every handle that was ever made, and never asks.
_HOARD = re.compile(r"\b\w+\._createdReps\.add\(\w+\);")
#: What a worker has no use for: it has no `process` to ask whether there is to be a log.
_LOG = re.compile(r"const _debugLog = \(\.\.\.args\) => \{.*?\n *\};", re.DOTALL)
#: Where an import is called: for each call a subtask is made, of a task.
_CALLING = "  function _lowerImportBackwardsCompat(args) {\n"
_DIRECTLY = """\
    if (args.importFn.direct) {
      _checkMayLeave(args.componentIdx);
      return args.importFn(...[...arguments].slice(1));
    }
"""
#: What the host does for a component: a function for each import. Those that wait are `async`, and stay.
_IMPORTED = re.compile(
    r"^ *const (?P<name>_trampoline\d+) = function\(.*?^ *(?P=name)\.fnName = ", re.DOTALL | re.MULTILINE
)
#: In these a task is made and entered, what is to be done is done in it, and it is left.
_TASK = re.compile(
    r"^ *const hostProvided = true;.*?const started = task\.enterSync\(\);\n", re.DOTALL | re.MULTILINE
)
_WITHIN = re.compile(
    r"_withGlobalCurrentTaskMeta\(\{\s*componentIdx: task\.componentIdx\(\),\s*taskID: task\.id\(\),"
    r"\s*fn: \(\) => _trackHostOperation\(\(\) => (?P<done>.*?)\),\s*\}\)",
    re.DOTALL,
)
_LOGGED = re.compile(r"^ *_debugLog\(.*?\);\n", re.DOTALL | re.MULTILINE)
_LEFT = re.compile(r"^ *task\.(?:resolve|setErrored|reject|exit)\(.*\);\n", re.MULTILINE)


def trimmed(script: str) -> tuple[str, bool]:
    """The script without all that, and whether all of it was found.

    Else memory runs out after some hundred thousand requests, and a request takes half as long again.
    """
    hoards = _HOARD.search(script) is not None
    script = _LOG.sub("const _debugLog = () => {};", _HOARD.sub("", script))
    imports = len(_IMPORTED.findall(script)) or script.count("importFn:")
    if script.count(_CALLING) != bool(imports):
        return script, False
    script = _IMPORTED.sub(_direct, script.replace(_CALLING, _CALLING + _DIRECTLY))
    return script, hoards and script.count(".direct = true;") == imports


def _direct(found: re.Match[str]) -> str:
    """An import that is called as it is; as it was, where something else in it asks for its task."""
    text = found[0]
    for piece, instead in ((_TASK, ""), (_WITHIN, r"\g<done>"), (_LOGGED, ""), (_LEFT, "")):
        text = piece.sub(instead, text)
    if re.search(r"\btask\b|_debugLog", text):
        return found[0]
    name = found["name"]
    return text.replace(f"{name}.fnName = ", f"{name}.direct = true;\n  {name}.fnName = ")
