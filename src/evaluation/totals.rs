//! Totals: how much was predicted in all, beside how much there was.

use super::EvaluationError;

/// Sum predicted and sum that came.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Totals {
    /// Sum of what was predicted.
    pub predicted: f64,
    /// Sum of what came.
    pub actual: f64,
    /// `predicted` ÷ `actual`: 0.76 is a quarter too little; `None` if nothing came.
    pub ratio: Option<f64>,
}

/// Adds up counts, such as expected and actual shipping days of each customer.
///
/// # Errors
///
/// [`EvaluationError`] if the lengths differ or a count is negative, NaN or above 1e100.
pub fn totals(predicted: &[f64], actual: &[f64]) -> Result<Totals, EvaluationError> {
    if predicted.len() != actual.len() {
        return Err(EvaluationError::Length {
            field: "actual",
            found: actual.len(),
            expected: predicted.len(),
        });
    }
    let (predicted, actual) = (sum("predicted", predicted)?, sum("actual", actual)?);
    Ok(Totals {
        predicted,
        actual,
        ratio: (actual > 0.0).then(|| predicted / actual),
    })
}

fn sum(field: &'static str, list: &[f64]) -> Result<f64, EvaluationError> {
    let mut all = list.iter().enumerate();
    match all.find(|(_, value)| !(0.0..=1e100).contains(*value)) {
        Some((index, &value)) => Err(EvaluationError::Number {
            field,
            index,
            value,
            rule: "a number between 0 and 1e100",
        }),
        None => Ok(list.iter().sum()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_too_little_by_pencil() {
        let found = totals(&[1.5, 1.5, 0.0], &[2.0, 2.0, 0.0]).unwrap();
        assert_eq!((found.predicted, found.actual), (3.0, 4.0));
        assert_eq!(found.ratio, Some(0.75));
        assert_eq!(totals(&[1.0], &[0.0]).unwrap().ratio, None);
        assert_eq!(totals(&[], &[]).unwrap().ratio, None);
        assert!(totals(&[1.0], &[]).is_err());
        assert!(totals(&[f64::NAN], &[1.0]).is_err());
        assert!(totals(&[1.0], &[-1.0]).is_err());
    }
}
