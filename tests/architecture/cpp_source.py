"""Reads C++ sources well enough for the checks: includes, and where functions begin and end."""
import re

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s*(["<])([^">]+)[">]', re.MULTILINE)
_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^()\s\\"]*)\(.*?\)(?P=delimiter)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_ACCESS = re.compile(r"^\s*(?:(?:public|protected|private)\s*:\s*)+")
_SCOPE = re.compile(r"^\s*(?:template\s*<.*>\s*)?(?:inline\s+|typedef\s+)?(?:namespace|class|struct|union|enum|extern)\b",
                    re.DOTALL)


def includes(text):
    """(line, target, whether it is in quotes) of every #include."""
    for match in _INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(2), match.group(1) == '"'


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def functions(text):
    """(first line, last line, head) of every function body that is not inside another one.

    A heuristic on braces: at namespace or class level, a block whose head has a parenthesis is a function.
    """
    code = _PREPROCESSOR.sub(_blank, _NOT_CODE.sub(_blank, text))
    stack = []        # of (kind, first line, head)
    head_start = 0    # of the text that leads to the next block
    unfinished = None  # a block that may have been a member's initializer before the body: `A() : b_{1} {`
    line = 1
    for position, character in enumerate(code):
        if character == "\n":
            line += 1
        elif character == "{":
            head = _ACCESS.sub("", code[head_start:position])
            in_scope = not stack or stack[-1][0] == "scope"
            if not in_scope:
                stack.append(("inner", line, ""))
            elif _SCOPE.match(head) and not _returns_it(head):
                stack.append(("scope", line, ""))
            elif unfinished and (not head.strip() or head.lstrip().startswith(",")):
                stack.append(("function", unfinished[0], unfinished[1]))
            elif "(" in head:
                first = line - head.lstrip().count("\n")
                stack.append(("function", first, " ".join(head.split())))
            else:
                stack.append(("inner", line, ""))
            head_start = position + 1
        elif character == "}" and stack:
            kind, first, head = stack.pop()
            unfinished = None
            if kind == "function":
                following = code[position + 1:position + 200].lstrip()[:1]
                if following in ("{", ","):
                    unfinished = (first, head)
                else:
                    yield first, line, head
            head_start = position + 1
        elif character == ";":
            head_start = position + 1
            unfinished = None


def _returns_it(head):
    """`struct X F(…) {` is a function, `struct X {` and `class CAPABILITY("x") X : public Y<Z()> {` are not."""
    return bool(re.search(r"\)\s*(?:const|noexcept|override|final|\s)*$", head)) and ":" not in head.replace("::", "")
