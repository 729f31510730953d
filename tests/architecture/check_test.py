#!/usr/bin/python3
"""The checks find what they are for: small trees with and without breaches."""
import pathlib
import tempfile
import unittest

import check
import cpp_source
import markdown
import sizes


class Tree:
    """A folder of files, given as {path: text}."""

    def __init__(self, files):
        self._folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self._folder.name)
        self.files = sorted(files)
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def breaches(self, function):
        try:
            return function(self.root, self.files)
        finally:
            self._folder.cleanup()


class DependenciesTest(unittest.TestCase):
    def breaches(self, **changed):
        files = {"common/base/status.h": "", "query/query.h": "", "common/store/rocks_internal.h": "", **changed}
        return Tree(files).breaches(check.check_dependencies)

    def test_downwards_is_fine(self):
        self.assertEqual(self.breaches(**{"processor/a.cc": '#include "common/base/status.h"\n#include <map>\n'}), [])

    def test_sideways_and_upwards_are_not(self):
        self.assertEqual(self.breaches(**{"processor/a.cc": '\n#include "query/query.h"\n'}),
                         ["processor/a.cc:2: processor may not include query"])
        self.assertEqual(len(self.breaches(**{"common/base/a.h": '#include "query/query.h"\n'})), 1)

    def test_includes_are_from_the_root(self):
        self.assertEqual(len(self.breaches(**{"query/a.cc": '#include "query.h"\n'})), 1)

    def test_a_library_has_its_place(self):
        include = "#include <rocksdb/db.h>\n"
        self.assertEqual(self.breaches(**{"common/store/a.cc": include}), [])
        self.assertEqual(len(self.breaches(**{"common/store/store.h": include})), 1)
        self.assertEqual(len(self.breaches(**{"processor/a.cc": include})), 1)

    def test_internal_headers_stay_inside(self):
        include = '#include "common/store/rocks_internal.h"\n'
        self.assertEqual(self.breaches(**{"common/store/a.cc": include}), [])
        self.assertEqual(len(self.breaches(**{"processor/a.cc": include})), 1)

    def test_an_empty_tree_is_a_breach(self):
        self.assertEqual(len(Tree({"README.md": ""}).breaches(check.check_dependencies)), 1)


class FunctionsTest(unittest.TestCase):
    def lengths(self, text):
        return [(head.split("(")[0].split()[-1], last - first + 1) for first, last, head in cpp_source.functions(text)]

    def test_functions_methods_and_constructors(self):
        text = """namespace a {
class CAPABILITY("mutex") B : public C {
 public:
  B() : b_{1},
        c_(2) {
    Run();
  }
  void Run() const {
    if (true) {
    }
  }
  int b_ = 0;
};
struct E { int f{0}; };
static const int kTable[] = {1, 2};
Result<int> F(
    int a) {
  auto g = [&](int b) {
    return b;
  };
  return g(a);
}
}  // namespace a
"""
        self.assertEqual(self.lengths(text), [("B", 4), ("Run", 4), ("F", 7)])

    def test_braces_in_text_do_not_count(self):
        text = 'void A() {\n  B("}{", \'{\', R"x({{)x");  // {\n  int64_t c = 10\'000;\n}\nvoid D() {\n}\n'
        self.assertEqual(self.lengths(text), [("A", 4), ("D", 2)])


class SizesTest(unittest.TestCase):
    long_function = "void A() {\n" + "  B();\n" * 79 + "}\n"

    def test_a_long_function(self):
        tree = Tree({"query/a.cc": self.long_function})
        self.assertEqual(tree.breaches(sizes.check_sizes), ["query/a.cc:1: A has 81 lines, over 80"])

    def test_a_function_of_the_greatest_length(self):
        self.assertEqual(Tree({"a.cc": "void A() {\n" + "  B();\n" * 78 + "}\n"}).breaches(sizes.check_sizes), [])

    def test_a_long_file_of_each_kind(self):
        for name in ("a.cc", "a.h", "a.py", "a.sh"):
            self.assertEqual(len(Tree({name: "\n" * 601}).breaches(sizes.check_sizes)), 1)

    def test_a_reason_allows_it(self):
        tree = Tree({"query/a.cc": self.long_function, "tests/architecture/allowed.txt": "query/a.cc:A | a table\n"})
        self.assertEqual(tree.breaches(sizes.check_sizes), [])

    def test_an_old_reason_must_go(self):
        tree = Tree({"tests/architecture/allowed.txt": "query/a.cc | a table\n"})
        self.assertEqual(len(tree.breaches(sizes.check_sizes)), 1)


class MarkdownTest(unittest.TestCase):
    def breaches(self, text):
        tree = Tree({"deploy/up": "", "deploy/lib/a.sh": "", "docs/b.md": text})
        return tree.breaches(markdown.check_markdown)

    def test_what_exists(self):
        self.assertEqual(self.breaches("`deploy/up --dir DIR`, [a](../deploy/lib/a.sh), `deploy/lib/*.sh`, `/deploy/x`"), [])

    def test_what_does_not(self):
        self.assertEqual(self.breaches("a\n`deploy/down`"), ["docs/b.md:2: deploy/down does not exist"])
        self.assertEqual(len(self.breaches("```\ndeploy/down --wipe\n```")), 1)
        self.assertEqual(len(self.breaches("[a](gone.md)")), 1)
        self.assertEqual(len(self.breaches("`deploy/lib/*.py`")), 1)

    def test_paths_of_one_machine(self):
        self.assertEqual(len(self.breaches("see /home/someone/x")), 1)
        self.assertEqual(self.breaches("GET /homework and `~/work/x`"), [])


class ReadmesTest(unittest.TestCase):
    def test_each_folder_has_one(self):
        files = {"query/a.cc": "", "cli/README.md": "a\n" * 5, ".ci/run": ""}
        self.assertEqual(Tree(files).breaches(check.check_readmes), ["query: has no README.md"])


if __name__ == "__main__":
    unittest.main()
