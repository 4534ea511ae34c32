//! The shop's books beside WeChat's bills (对账), of every day that is over.
use std::{collections::BTreeMap, io::Read as _};

use flate2::read::GzDecoder;
use wxpay_core::{
    BeijingDay, UnixSeconds,
    bill::{BillKind, BillReader, DownloadBill, Row},
};
use wxpay_merchant::{
    Line,
    reconciliation::{Difference, compare, is_about, key_of, missing},
};
use wxpay_sandbox::Request;

use crate::World;

impl World {
    /// What differs. All days are laid together, so that midnight divides nothing.
    pub fn differences(&mut self) -> Vec<Difference> {
        let mut lines: BTreeMap<String, Line> = BTreeMap::new();
        for kept in self.orders.values() {
            lines.extend(kept.order.entries().into_iter().map(|it| (it.line.key(), it.line)));
        }
        let mut differences = Vec::new();
        for row in self.rows() {
            let key = key_of(&row);
            let ours = lines.get(&key).filter(|line| is_about(line, &row.out_trade_no)).cloned();
            if ours.is_some() {
                lines.remove(&key);
            }
            differences.extend(compare(ours.as_ref(), &row));
        }
        differences.extend(lines.values().filter_map(missing));
        differences
    }

    fn rows(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut day = BeijingDay::of(self.began());
        // A day's bill is there from ten o'clock of the next day on.
        while day.next().starts_at().plus(10 * 3600) <= self.now {
            let wish = DownloadBill { day, kind: BillKind::All };
            let request = wish.to_v2_request(&self.credential.clone(), &self.nonce());
            let request = Request::post(request.path(), request.body());
            let packed = self.wechat.handle(self.wechat_now(), &request).unwrap().body;
            if !packed.starts_with(b"<") {
                let mut text = Vec::new();
                GzDecoder::new(&packed[..]).read_to_end(&mut text).unwrap();
                BillReader::new().feed(&text, &mut |row| rows.push(row)).unwrap();
            }
            day = day.next();
        }
        rows
    }

    fn began(&self) -> UnixSeconds {
        UnixSeconds::new(self.now.seconds() - self.elapsed())
    }
}
