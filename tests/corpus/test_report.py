from regard.corpus import Origin, Report


def test_a_report_counts_and_shows_the_first_places():
    report = Report()
    for line in range(1, 2001):
        if line % 2:
            report.keep()
        else:
            report.drop("too odd", Origin("a.en", line))
    report.note("a remark")
    assert (report.read, report.kept, report.dropped) == (2000, 1000, {"too odd": 1000})
    assert str(report) == "2,000 pairs read, 1,000 kept\n1,000 left out: too odd (line 2, 4, 6, …)\na remark"


def test_a_fault_that_is_tolerated_is_counted_too():
    report = Report()
    report.keep()
    for line in range(1, 6):
        report.keep_despite("quite odd", Origin("a.en", line))
    report.drop("too odd", Origin("a.en", 6))
    assert (report.read, report.kept) == (7, 6)
    assert (report.dropped, report.kept_despite) == ({"too odd": 1}, {"quite odd": 5})
    assert report.lines()[1:] == [
        "1 left out: too odd (line 6)",
        "5 kept although: quite odd (line 1, 2, 3, …)",
    ]


def test_places_in_several_files_are_said_with_their_file():
    report = Report(names_files=True)
    report.drop("too odd", Origin("a.en", 6))
    for line in range(1, 6):
        report.keep_despite("quite odd", Origin("b.en", line))
    assert report.lines()[1:] == [
        "1 left out: too odd (a.en:6)",
        "5 kept although: quite odd (b.en:1, b.en:2, b.en:3, …)",
    ]
