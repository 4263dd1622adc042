import pytest

from monitor.enrich.registered_domain import registered_domain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.b.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("com", None),
        ("localhost", None),
        ("fota.vendor.com.cn", "vendor.com.cn"),
        ("bucket.s3.amazonaws.com", "amazonaws.com"),
        ("x.xn--55qx5d.cn", "x.xn--55qx5d.cn"),
        ("a.printer.local", "printer.local"),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        ("", None),
    ],
)
def test_the_registered_domain_is_one_label_below_the_public_suffix(name: str, expected: str | None) -> None:
    assert expected == registered_domain(name)
