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
