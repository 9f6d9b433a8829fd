"""Modules become one script that imports nothing, and what cannot be put into a page is refused."""

import pytest

from regard.picture import read_file, scripts
from regard.tracing.inline import one_script

A = 'import { b, c } from "./b.js";\nimport { d } from "./d.js";\n\nconst own = b + c + d;\nexport const a = own;\n'
B = 'import { d } from "./d.js";\nconst own = d;\nexport function b() {\n  return own;\n}\nexport class c {}\n'
D = "export const d = 1;\nexport async function e() {}\n"


def test_a_module_stands_behind_what_it_imports_once() -> None:
    script = one_script("a.js", {"a.js": A, "b.js": B, "d.js": D}.__getitem__)
    order = [line.split()[1] for line in script.splitlines() if line.startswith("const ") and "=>" in line]
    assert order == ["d_js", "b_js", "a_js"]
    assert "import " not in script
    assert "export " not in script


def test_names_are_handed_on() -> None:
    script = one_script("a.js", {"a.js": A, "b.js": B, "d.js": D}.__getitem__)
    assert "const { b, c } = b_js;" in script
    assert [line for line in script.splitlines() if line.startswith("return {")] == [
        "return { d, e };",
        "return { b, c };",
        "return { a };",
    ]


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}, "a.js → b.js → a.js"),
        ({"a.js": 'import * as b from "./b.js";\n'}, r"a.js cannot be put into a page: 'import \* as b"),
        ({"a.js": 'const b = await import("./b.js");\n'}, "cannot be put into a page"),
        ({"a.js": "export default 1;\n"}, "'export default 1;'"),
        ({"a.js": 'const text = "</script>";\n'}, "</script>"),
        ({"a.js": 'const text = "<!-- ";\n'}, "<!--"),
    ],
    ids=["circle", "star", "dynamic", "default", "script end", "comment"],
)
def test_what_cannot_be_inlined_is_refused(modules: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        one_script("a.js", modules.__getitem__)


def test_every_module_is_part_of_the_report() -> None:
    script = one_script("report.js", read_file)
    missing = [name for name in scripts() if f"const {name.replace('.', '_')} = " not in script]
    assert missing == []
