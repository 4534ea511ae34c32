//! CATALOGUE: the price list of a shop without a backend. The page names a `sku` and a quantity;
//! the price is ours.
use serde::Deserialize;
use wxpay_core::{Body, Fen};

use crate::{
    http::{problem::Problem, problem_code::Code},
    json,
};

/// One thing for sale.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    sku: String,
    description: Body,
    amount: Fen,
}

/// What is bought: the price and the text for the buyer's bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purchase {
    pub(crate) description: Body,
    pub(crate) amount: Fen,
}

/// Everything for sale; empty if the shop has a backend of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Catalogue(Vec<Item>);

/// More of one thing than this is taken for a mistake.
const MAX_QUANTITY: u32 = 999;

impl Catalogue {
    /// Reads `[{"sku","description","amount"}]`; the error is a fixed text that repeats nothing.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let catalogue: Self = json::read(text.as_bytes())
            .map_err(|_| "expected JSON `[{\"sku\":…,\"description\":…,\"amount\":fen}]`")?;
        let skus = catalogue.0.iter().map(|item| item.sku.as_str());
        let unique: std::collections::BTreeSet<&str> = skus.clone().collect();
        match unique.len() == catalogue.0.len() && skus.clone().all(|sku| !sku.is_empty()) {
            true if catalogue.0.iter().all(|item| item.amount.fen() > 0) => Ok(catalogue),
            true => Err("expected every `amount` to be at least 1 fen"),
            false => Err("expected every `sku` once, and none empty"),
        }
    }

    /// The price of `quantity` pieces of `sku`.
    pub(crate) fn purchase(&self, sku: &str, quantity: u32) -> Result<Purchase, Problem> {
        let item = self.0.iter().find(|item| item.sku == sku).ok_or(Code::UnknownSku)?;
        let amount =
            (1..=MAX_QUANTITY).contains(&quantity).then(|| item.amount.fen().checked_mul(quantity));
        let amount = amount.flatten().ok_or_else(|| {
            Problem::with_detail(Code::InvalidField, "`quantity`: expected 1 to 999 pieces")
        })?;
        let description = match quantity {
            1 => item.description.clone(),
            // A text too long to carry the count is still the right text.
            more => Body::new(&format!("{} × {more}", item.description))
                .unwrap_or_else(|_| item.description.clone()),
        };
        Ok(Purchase { description, amount: Fen::new(amount) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEA: &str = r#"[{"sku":"tea","description":"示例商店-龙井","amount":1990}]"#;

    #[test]
    fn the_price_is_the_catalogues_times_the_quantity() {
        let tea = Catalogue::parse(TEA).unwrap();
        assert_eq!(tea.purchase("tea", 1).unwrap().amount, Fen::new(1990));
        let three = tea.purchase("tea", 3).unwrap();
        assert_eq!(
            (three.amount, three.description.as_str()),
            (Fen::new(5970), "示例商店-龙井 × 3")
        );
    }

    #[test]
    fn what_is_not_for_sale_has_no_price() {
        let tea = Catalogue::parse(TEA).unwrap();
        assert_eq!(tea.purchase("gold", 1).unwrap_err().code, Code::UnknownSku);
        for quantity in [0, 1000, u32::MAX] {
            assert_eq!(tea.purchase("tea", quantity).unwrap_err().code, Code::InvalidField);
        }
        let dear = r#"[{"sku":"dear","description":"x","amount":4294967295}]"#;
        assert!(Catalogue::parse(dear).unwrap().purchase("dear", 2).is_err());
    }

    #[test]
    fn a_catalogue_with_a_mistake_is_refused_whole() {
        for bad in [
            "{}",
            r#"[{"sku":"a","description":"x"}]"#,
            r#"[{"sku":"a","description":"x","amount":19.9}]"#,
            r#"[{"sku":"a","description":"x","amount":0}]"#,
            r#"[{"sku":"","description":"x","amount":1}]"#,
            r#"[{"sku":"a","description":"x","amount":1},{"sku":"a","description":"y","amount":2}]"#,
            r#"[{"sku":"a","description":"x","amount":1,"price":1}]"#,
        ] {
            assert!(Catalogue::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Catalogue::parse("[]"), Ok(Catalogue::default()));
    }
}
