//! Numbers that can be kept.

use serde_json::Number;

/// The most digits that tell doubles apart; writers of doubles write no more.
const DIGITS: usize = 17;

/// The number that `text` writes, if it is kept as it is: a whole number of 64 bits, or a double. Of a
/// number with a fraction, at most [`DIGITS`] digits are taken, since a double has no more; a whole number
/// beyond 64 bits is taken where a double is exactly that.
pub(super) fn parse(text: &str) -> Option<Number> {
    // A double has a negative zero, whole numbers have none.
    if text != "-0" {
        let whole = text
            .parse::<u64>()
            .map(Number::from)
            .or_else(|_| text.parse::<i64>().map(Number::from));
        if let Ok(number) = whole {
            return Some(number);
        }
    }
    let double = text.parse::<f64>().ok()?;
    let (asked, kept) = (Decimal::of(text)?, Decimal::of(&format!("{double:e}"))?);
    let rounded = asked.power < 0 && asked.digits.len() <= DIGITS && !kept.digits.is_empty();
    if asked == kept || rounded { Number::from_f64(double) } else { None }
}

/// The fault of a number that is not kept.
pub(super) fn not_kept(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!(
        "the number {shown}{more} would not be kept as it is; expected a whole number of 64 bits, or one of \
         at most {DIGITS} digits from 1e-307 to 1e308; send more as a string"
    )
}

/// The whole number that `number` is, however it is written: `5.0` is 5.
#[must_use]
pub fn whole(number: &Number) -> Option<i128> {
    // Beyond, a double no longer tells each whole number from the next.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let integer = number.as_u64().map(i128::from).or_else(|| number.as_i64().map(i128::from));
    integer.or_else(|| {
        let double =
            number.as_f64().filter(|double| double.fract() == 0.0 && double.abs() <= EXACT)?;
        format!("{double:.0}").parse().ok()
    })
}

/// A number's significant digits, and the power of ten that the last one counts.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    digits: String,
    power: i64,
}

impl Decimal {
    /// The number that `text` writes, but for its sign; none where its exponent is beyond all reason.
    fn of(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa
            .trim_start_matches('-')
            .split_once('.')
            .unwrap_or((mantissa.trim_start_matches('-'), ""));
        let written = format!("{whole}{fraction}");
        let digits = written.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { digits: String::new(), power: 0 });
        }
        let zeros = written.len() - written.trim_end_matches('0').len();
        let power = exponent.parse::<i64>().ok()?;
        let power = power.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let power = power.checked_add(i64::try_from(zeros).ok()?)?;
        Some(Self { digits: digits.to_owned(), power })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_or_refused() {
        for kept in [
            "0",
            "-0",
            "0.0",
            "-1",
            "1.50",
            "5.0",
            "1e2",
            "18446744073709551615",
            "-9223372036854775808",
            "1e22",
            "10000000000000000000000",
            "1e300",
            "0.1",
            "0.30000000000000004",
            "0.10000000000000001",
            "1E+2",
            "5e-324",
            "123456789.12345678",
        ] {
            assert!(parse(kept).is_some(), "{kept}");
        }
        for changed in [
            "1e400",
            "-1e400",
            "1e-400",
            "18446744073709551617",
            "-9223372036854775809",
            "9007199254740993.0",
            "123456789012345678901234567890",
            "0.1234567890123456789",
            "1e99999999999999999999",
            "0.10000000000000000555",
        ] {
            assert!(parse(changed).is_none(), "{changed}");
        }
        assert!(not_kept(&"9".repeat(1000)).len() < 300);
    }

    #[test]
    fn whole_numbers_are_so_however_they_are_written() {
        let written = |text: &str| whole(&parse(text).unwrap());
        assert_eq!(written("5.0"), Some(5));
        assert_eq!(written("-50e-1"), Some(-5));
        assert_eq!(written("1e3"), Some(1000));
        assert_eq!(written("18446744073709551615"), Some(18_446_744_073_709_551_615));
        assert_eq!(written("5.5"), None);
        assert_eq!(written("1e300"), None);
    }
}
