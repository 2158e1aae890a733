//! Files of shipments, good and bad, read from end to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use hawser::imports::mapping::{Encoding, Format, Mapping};
use hawser::imports::read::{FileError, ReadError, Reject, ShipmentReader};
use hawser::imports::rejects::RejectsWriter;
use hawser::shipments::model::{FreightTerms, Incoterm, Service, ShipmentDraft, Status};

/// Fields alone; what the file is like goes in front.
const FIELDS: &str = r#"
[constants]
external_system = "tms"
[fields]
external_id = { column = "No" }
shipper.name = { column = "From" }
consignee.name = { column = "To" }
booked_at = { column = "Booked" }
delivered_at = { column = "Delivered", optional = true }
weight_kg = { column = "Weight", optional = true }
pieces = { column = "Pieces", optional = true }
service = { column = "Service", optional = true }
consignee.country = { column = "Country", optional = true }
revenue = { column = "Freight", unit = "major", optional = true }
in_full = { column = "Complete", optional = true }
"#;

fn mapping(head: &str) -> Mapping {
    Mapping::parse(&format!("{head}\n{FIELDS}")).unwrap()
}

fn csv() -> Mapping {
    mapping("format = 'csv'")
}

fn ndjson() -> Mapping {
    mapping("format = 'ndjson'")
}

/// What came of a file.
struct Outcome {
    drafts: Vec<(u64, ShipmentDraft)>,
    rejects: Vec<Reject>,
    encoding: Encoding,
    unmapped: Vec<String>,
    rows: u64,
}

impl Outcome {
    fn only(self) -> ShipmentDraft {
        assert_eq!(self.rejects, []);
        assert_eq!(self.drafts.len(), 1);
        self.drafts.into_iter().next().unwrap().1
    }

    /// Line and code of every problem of every reject.
    fn problems(&self) -> Vec<(u64, &str, &str)> {
        let of = |reject: &'_ Reject| reject.line;
        let each = self.rejects.iter().flat_map(|reject| {
            reject
                .reasons
                .iter()
                .map(move |reason| (of(reject), reason))
        });
        each.map(|(line, reason)| (line, reason.field, reason.code))
            .collect()
    }
}

fn drain<R: Read>(mut reader: ShipmentReader<R>) -> Result<Outcome, FileError> {
    let (mut drafts, mut rejects) = (Vec::new(), Vec::new());
    for row in reader.by_ref() {
        match row {
            Ok(draft) => drafts.push(draft),
            Err(ReadError::Row(reject)) => rejects.push(reject),
            Err(ReadError::File(error)) => return Err(error),
        }
    }
    assert!(reader.next().is_none(), "an ended file stays ended");
    Ok(Outcome {
        drafts,
        rejects,
        encoding: reader.encoding(),
        unmapped: reader
            .columns_unmapped()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        rows: reader.rows_read(),
    })
}

/// Writes `bytes` to a real file and imports that.
fn import(bytes: impl AsRef<[u8]>, mapping: &Mapping) -> Result<Outcome, FileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shipments");
    File::create(&path)
        .unwrap()
        .write_all(bytes.as_ref())
        .unwrap();
    let reader = ShipmentReader::open(File::open(&path).unwrap(), mapping, Tz::UTC)?;
    drain(reader)
}

#[expect(clippy::unnecessary_wraps, reason = "compared with optional times")]
fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

// Good files.

#[test]
fn a_file_of_the_readme_is_read_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mapping =
        Mapping::parse(&fs::read_to_string(root.join("shipments.toml")).unwrap()).unwrap();
    let found = import(fs::read(root.join("shipments.csv")).unwrap(), &mapping).unwrap();
    assert_eq!(
        (
            found.drafts.len(),
            found.rejects.len(),
            found.unmapped.len()
        ),
        (10, 0, 0)
    );

    let (line, first) = &found.drafts[0];
    assert_eq!(*line, 2);
    assert_eq!(first.external_id.id, "HW-1001");
    assert_eq!(first.shipper.country.as_deref(), Some("DE"));
    assert_eq!(first.consignee.country.as_deref(), Some("GB"));
    // A day is midnight of the instance (UTC), a time of day is local to the file (Berlin, UTC+1).
    assert_eq!(first.facts.promised_to, at("2024-03-08T00:00:00Z"));
    assert_eq!(first.facts.picked_up_at, at("2024-03-04T08:30:00Z"));
    assert_eq!(first.facts.revenue, Some(184_000));
    assert_eq!(first.facts.margin(), Some(42_950));
    assert_eq!(first.facts.status, Status::Delivered);
    assert_eq!(first.facts.freight_terms, FreightTerms::Prepaid);
    assert_eq!(
        found.drafts[3].1.shipper.name.as_deref(),
        Some("示例电子有限公司")
    );
    assert_eq!(found.drafts[3].1.facts.freight_terms, FreightTerms::Collect);
    assert_eq!(found.drafts[6].1.facts.status, Status::InTransit);
    assert_eq!(found.drafts[8].1.facts.freight_terms, FreightTerms::Unknown);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_column() {
    let draft = import(
        "\u{feff}No,From,To,Booked\r\n7,Mühle,Bäcker,2024-05-01\r\n",
        &csv(),
    )
    .unwrap();
    assert_eq!(draft.encoding, Encoding::Utf8);
    assert_eq!(draft.only().shipper.name.as_deref(), Some("Mühle"));
}

#[test]
fn semicolons_and_decimal_commas_are_read_without_being_told_of_the_semicolon() {
    let mapping =
        mapping("format = 'csv'\ndecimal_mark = ','\nthousands = '.'\ndate_formats = ['%d.%m.%Y']");
    let file = "No;From;To;Booked;Weight;Freight\n7;Mill, Ltd;Bakery;1.5.2024;1.234,5;-12,505\n";
    let facts = import(file, &mapping).unwrap().only().facts;
    assert_eq!(facts.booked_at, at("2024-05-01T00:00:00Z"));
    assert_eq!(facts.weight_kg, Some(1234.5));
    assert_eq!(facts.revenue, Some(-1251));
}

#[test]
fn tabs_are_found_too() {
    let draft = import(
        "No\tFrom\tTo\tBooked\n7\tMill\tBakery; Sons, Ltd\t2024-05-01\n",
        &csv(),
    )
    .unwrap()
    .only();
    assert_eq!(draft.consignee.name.as_deref(), Some("Bakery; Sons, Ltd"));
}

#[test]
fn gb18030_is_read_whether_told_or_found_out() {
    let text = "No,From,To,Booked\n7,上海示例物流有限公司,北京样品厂,2024-05-01\n8,㐀示例,样品,2024-05-02\n";
    let (bytes, _, replaced) = encoding_rs::GB18030.encode(text);
    assert!(!replaced);
    for head in ["format = 'csv'", "format = 'csv'\nencoding = 'gb18030'"] {
        let found = import(&bytes, &mapping(head)).unwrap();
        assert_eq!(found.encoding, Encoding::Gb18030);
        assert_eq!(
            found.drafts[0].1.shipper.name.as_deref(),
            Some("上海示例物流有限公司")
        );
        assert_eq!(found.drafts[1].1.shipper.name.as_deref(), Some("㐀示例"));
    }
}

#[test]
fn columns_with_chinese_names_in_gb18030_are_found() {
    let toml = FIELDS
        .replace("\"From\"", "\"发货人\"")
        .replace("\"To\"", "\"收货人\"");
    let mapping = Mapping::parse(&format!("format = 'csv'\n{toml}")).unwrap();
    let (bytes, _, _) =
        encoding_rs::GB18030.encode("No;发货人;收货人;Booked;Complete\n7;甲;乙;2024-05-01;是\n");
    assert_eq!(
        import(&bytes, &mapping).unwrap().only().facts.in_full,
        Some(true)
    );
}

#[test]
fn western_encodings_are_not_taken_for_chinese() {
    let found = import(
        b"No,From,To,Booked\n7,M\xfcller,Stra\xdfe,2024-05-01\n8,A,B,2024-05-01\n",
        &csv(),
    )
    .unwrap();
    assert_eq!(found.problems(), [(2, "row", "encoding")]);
    assert_eq!(found.drafts.len(), 1);
    assert_eq!(found.rejects[0].raw, ["7,M\\xFCller,Stra\\xDFe,2024-05-01"]);
}

#[test]
fn quoted_cells_may_span_lines_and_lines_are_still_counted() {
    let file = "No,From,To,Booked\r\n7,\"Mill\r\nand \"\"Sons\"\"\",Bakery,2024-05-01\r\n\r\n8,A,B,2024-05-01\r\n9,A,B,never\r\n";
    let found = import(file, &csv()).unwrap();
    assert_eq!(
        found.drafts[0].1.shipper.name.as_deref(),
        Some("Mill and \"Sons\"")
    );
    assert_eq!(
        found.drafts.iter().map(|row| row.0).collect::<Vec<_>>(),
        [2, 5]
    );
    assert_eq!(found.problems(), [(6, "booked_at", "not_a_date")]);
}

#[test]
fn old_line_ends_are_lines_too() {
    let found = import(
        "No,From,To,Booked\r7,A,B,2024-05-01\r\r8,A,B,2024-05-01",
        &csv(),
    )
    .unwrap();
    assert_eq!(
        found.drafts.iter().map(|row| row.0).collect::<Vec<_>>(),
        [2, 4]
    );
}

#[test]
fn columns_that_nothing_maps_are_listed() {
    let found = import(
        "No,Colour,From,To,Booked,Smell\n7,red,A,B,2024-05-01,\n",
        &csv(),
    )
    .unwrap();
    assert_eq!(found.unmapped, ["Colour", "Smell"]);
    assert_eq!(found.drafts.len(), 1);
}

#[test]
fn ndjson_members_are_found_by_name_whatever_their_kind_and_depth() {
    let toml = FIELDS
        .replace("\"From\"", "\"from.name\"")
        .replace("\"To\"", "\"to.name\"");
    let mapping = Mapping::parse(&format!("format = 'ndjson'\n{toml}")).unwrap();
    let file = r#"{"No": 7, "from": {"name": "Mill"}, "to": {"name": "B\u00e4cker"}, "Booked": "2024-05-01T10:00:00+02:00", "Weight": 12.5, "Complete": true, "Freight": null}
"#;
    let draft = import(file, &mapping).unwrap().only();
    assert_eq!(draft.external_id.id, "7");
    assert_eq!(draft.consignee.name.as_deref(), Some("Bäcker"));
    assert_eq!(draft.facts.booked_at, at("2024-05-01T08:00:00Z"));
    assert_eq!(draft.facts.weight_kg, Some(12.5));
    assert_eq!(
        (draft.facts.in_full, draft.facts.revenue),
        (Some(true), None)
    );
}

#[test]
fn the_export_is_read_without_a_mapping() {
    let file = "external_id,external_system,shipper.external_id,shipper.external_system,shipper.name,consignee.name,payer.name,\
                incoterm,freight_terms,service,status,booked_at,revenue,claim_amount,weight_kg,damaged\n\
                7,tms,C1,erp,'=Mill,''=Bakery,,FOB,third_party,value,cancelled,2024-05-01T10:00:00.5Z,'-1250,3,0.25,false\n";
    let file = file.replace("value", "warehousing");
    let draft = import(file, &Mapping::export(Format::Csv)).unwrap().only();
    assert_eq!(draft.shipper.name.as_deref(), Some("=Mill"));
    assert_eq!(draft.consignee.name.as_deref(), Some("'=Bakery"));
    assert_eq!(draft.shipper.external_id.unwrap().system, "erp");
    assert_eq!(draft.payer, None);
    let facts = draft.facts;
    assert_eq!(
        (facts.incoterm, facts.freight_terms),
        (Some(Incoterm::Fob), FreightTerms::ThirdParty)
    );
    assert_eq!(
        (facts.service, facts.status),
        (Service::Warehousing, Status::Cancelled)
    );
    assert_eq!(facts.booked_at, at("2024-05-01T10:00:00.5Z"));
    assert_eq!((facts.revenue, facts.claim_amount), (Some(-1250), Some(3)));
    assert_eq!((facts.weight_kg, facts.damaged), (Some(0.25), Some(false)));

    let line = r#"{"external_id":"7","external_system":"tms","shipper":{"name":"A"},"consignee":{"name":"B"},"payer":null,"picked_up_at":"2024-05-01T10:00:00Z"}"#;
    let draft = import(line, &Mapping::export(Format::Ndjson))
        .unwrap()
        .only();
    assert_eq!((draft.payer, draft.facts.status), (None, Status::InTransit));
}

#[test]
fn units_rates_value_tables_and_joined_columns() {
    let mapping = Mapping::parse(
        r#"
        format = "csv"
        null_values = ["-"]
        time_zone = "Asia/Shanghai"
        [constants]
        external_system = "tms"
        [fields]
        external_id = { columns = ["Year", "No"], join = "/" }
        shipper.name = { columns = ["A", "B"] }
        consignee.name = { column = "To" }
        booked_at = { columns = ["Day", "Time"], date_formats = ["%Y%m%d %H:%M", "%Y%m%d"] }
        weight_kg = { column = "Weight", unit = "lb", ignore = ["see *"] }
        revenue = { column = "Freight", unit = "major", minor_digits = 0, rate = 0.00625 }
        service = { column = "What", values = { truck = "transport", "" = "other" }, values_default = "other" }
        in_full = { column = "Full", values = { ok = "yes", short = "no", "?" = "" } }
        "#,
    )
    .unwrap();
    let file = "Year,No,A,B,To,Day,Time,Weight,Freight,What,Full\n\
                2024,7,Mill,-,X,20240501,10:00,100,1000,truck,ok\n\
                2024,8,-,Two,X,20240501,,see 7,80,crane,?\n";
    let found = import(file, &mapping).unwrap();
    assert_eq!(found.rejects, []);
    let (first, second) = (&found.drafts[0].1, &found.drafts[1].1);
    assert_eq!(
        (&*first.external_id.id, &*second.external_id.id),
        ("2024/7", "2024/8")
    );
    assert_eq!(
        (
            first.shipper.name.as_deref(),
            second.shipper.name.as_deref()
        ),
        (Some("Mill"), Some("Two"))
    );
    // 10:00 in Shanghai is 02:00 UTC; the day alone is midnight of the instance, UTC here.
    assert_eq!(first.facts.booked_at, at("2024-05-01T02:00:00Z"));
    assert_eq!(second.facts.booked_at, at("2024-05-01T00:00:00Z"));
    // 100 lb = 45.359237 kg by definition.
    assert!((first.facts.weight_kg.unwrap() - 45.359_237).abs() < 1e-9);
    assert_eq!(second.facts.weight_kg, None);
    // 1000 × 0.00625 = 6.25 → 6; 80 × 0.00625 = 0.5 → 1, away from zero.
    assert_eq!(
        (first.facts.revenue, second.facts.revenue),
        (Some(6), Some(1))
    );
    assert_eq!(
        (first.facts.service, second.facts.service),
        (Service::Transport, Service::Other)
    );
    assert_eq!(
        (first.facts.in_full, second.facts.in_full),
        (Some(true), None)
    );
}

// Bad rows: rejected with their line, the others read.

#[test]
fn a_row_tells_all_its_problems_at_once() {
    let file = "No,From,To,Booked,Delivered,Weight,Pieces,Service,Country,Freight,Complete\n\
                ,Mill,mill ,31-31-2024,,-5,1.5,carriage,Atlantis,12€,maybe\n\
                8,,B,2024-05-02,2024-05-01,heavy,,,,,\n\
                9,A,B,,,,,,,,\n\
                10,A,B,2024-05-01,,,,,,,\n";
    let found = import(file, &csv()).unwrap();
    assert_eq!(
        found.problems(),
        [
            (2, "external_id", "required"),
            (2, "consignee.country", "unknown_country"),
            (2, "consignee.name", "same_party"),
            (2, "booked_at", "not_a_date"),
            (2, "service", "unknown_word"),
            (2, "pieces", "not_whole"),
            (2, "revenue", "not_a_number"),
            (2, "in_full", "not_a_truth"),
            (2, "weight_kg", "negative"),
            (3, "shipper.name", "required"),
            (3, "weight_kg", "not_a_number"),
            (3, "delivered_at", "out_of_order"),
            (4, "booked_at", "required"),
        ]
    );
    assert_eq!(
        found.drafts.iter().map(|row| row.0).collect::<Vec<_>>(),
        [5]
    );
    assert_eq!(found.rejects[0].raw[1..4], ["Mill", "mill ", "31-31-2024"]);
    assert_eq!(found.rows, 4);
    let message = found.rejects[0].to_string();
    assert!(
        message.starts_with("line 2: external_id: expected a value; "),
        "{message}"
    );
    assert!(
        message.contains("service: expected one of transport, distribution, "),
        "{message}"
    );
}

#[test]
fn shipper_and_consignee_must_differ_by_key_or_else_by_name() {
    let head = "external_id,external_system,booked_at,shipper.external_id,shipper.external_system,shipper.name,\
                consignee.external_id,consignee.external_system,consignee.name\n";
    let rejected = |row: &str| {
        let found = import(
            format!("{head}7,tms,2024-05-01,{row}\n"),
            &Mapping::export(Format::Csv),
        )
        .unwrap();
        found.problems().first().map(|problem| problem.1.to_owned())
    };
    assert_eq!(
        rejected("C1,erp,Mill,C1,erp,Bakery").as_deref(),
        Some("consignee.external_id")
    );
    assert_eq!(
        rejected(",,Café Nord,,,CAFE  NORD").as_deref(),
        Some("consignee.name")
    );
    assert_eq!(
        rejected("C1,erp,Mill,,,mill").as_deref(),
        Some("consignee.name")
    );
    assert_eq!(
        rejected("C1,erp,Mill,C1,crm,mill").as_deref(),
        Some("consignee.name")
    );
    // Two customers of one system may bear one name: branches of a firm ship to each other.
    assert_eq!(rejected("C1,erp,Mill,C2,erp,Mill"), None);
    assert_eq!(
        rejected("C1,,Mill,C2,erp,Bakery").as_deref(),
        Some("shipper.external_system")
    );
}

#[test]
fn rows_with_too_few_or_too_many_cells_are_rejected() {
    let found = import(
        "No,From,To,Booked\n7,A,B\n8,A,B,2024-05-01,x\n9,A,B,2024-05-01\n",
        &csv(),
    )
    .unwrap();
    assert_eq!(found.problems(), [(2, "row", "cells"), (3, "row", "cells")]);
    assert_eq!(found.rejects[1].raw, ["8", "A", "B", "2024-05-01", "x"]);
    assert_eq!(found.drafts.len(), 1);
}

#[test]
fn ten_thousands_of_cells_are_one_reject() {
    let found = import(
        format!(
            "No,From,To,Booked\n{}\n9,A,B,2024-05-01\n",
            ",".repeat(60_000)
        ),
        &csv(),
    )
    .unwrap();
    assert_eq!(found.problems(), [(2, "row", "too_many_cells")]);
    assert_eq!(found.drafts[0].0, 3);
}

#[test]
fn a_truncated_character_is_named_by_line_and_byte() {
    for file in [
        &b"No,From,To,Booked\n7,M\xc3\xbcller,B\xc3,2024-05-01\n8,A,B,2024-05-01\n"[..],
        b"No,From,To,Booked\n8,A,B,2024-05-01\n7,M\xc3\xbcller,B\xc3",
    ] {
        let found = import(file, &csv()).unwrap();
        assert_eq!(found.rejects.len(), 1);
        let message = found.rejects[0].to_string();
        // "7,Müller,B" is 11 bytes, so the broken one is the 12th.
        assert!(
            message.contains("expected UTF-8, found something else at byte 12 of the row"),
            "{message}"
        );
        assert_eq!(found.drafts.len(), 1);
    }
    let (bytes, _, _) = encoding_rs::GB18030.encode("No,From,To,Booked\n7,甲甲,乙");
    let found = import(
        &bytes[..bytes.len() - 1],
        &mapping("format = 'csv'\nencoding = 'gb18030'"),
    )
    .unwrap();
    // "7,甲甲," is 7 bytes.
    assert!(
        found.rejects[0]
            .to_string()
            .contains("line 2: row: expected GB18030, found something else at byte 8"),
        "{}",
        found.rejects[0]
    );
}

#[test]
fn a_character_cut_by_a_delimiter_is_not_healed_by_its_neighbour() {
    let found = import(
        b"No,From,To,Booked\n7,\xc3,\xbc,2024-05-01\n",
        &mapping("format = 'csv'\nencoding = 'utf-8'"),
    )
    .unwrap();
    assert_eq!(found.problems(), [(2, "row", "encoding")]);
}

#[test]
fn an_open_quote_costs_one_line_and_not_the_rest_of_the_file() {
    let file = "No,From,To,Booked\n7,\"Mill,B,2024-05-01\n8,A,B,2024-05-01\n9,A,B,2024-05-01\n";
    let found = import(file, &csv()).unwrap();
    assert_eq!(found.problems(), [(2, "row", "quote")]);
    assert_eq!(
        found.drafts.iter().map(|row| row.0).collect::<Vec<_>>(),
        [3, 4]
    );

    let long = format!(
        "No,From,To,Booked\n7,\"Mill,B,2024-05-01\n{}",
        "8,A,B,2024-05-01\n".repeat(100_000)
    );
    let found = import(long, &csv()).unwrap();
    assert_eq!(found.problems(), [(2, "row", "quote")]);
    assert_eq!(
        (found.drafts.len(), found.drafts[99_999].0),
        (100_000, 100_002)
    );
}

#[test]
fn quotes_that_open_again_and_again_end_the_reading() {
    let line = "x\",\"y\n";
    let file = format!("No,From,To,Booked\n{}", line.repeat(400_000));
    let error = import(file, &csv()).err().unwrap();
    assert!(matches!(error, FileError::Quotes { .. }), "{error}");
}

#[test]
fn ndjson_that_is_no_object_or_holds_unknown_members_is_rejected_by_name() {
    let file = "{\"No\":1,\"From\":\"A\",\"To\":\"B\",\"Booked\":\"2024-05-01\",\"Colour\":\"red\",\"a\":{\"b\":1}}\n\
                [1]\n\n7\n{\"No\":\n{\"No\":1,\"No\":2,\"From\":[1,{\"x\":2}]}\n\
                {\"No\":1,\"From\":\"A\",\"To\":\"B\",\"Booked\":\"2024-05-01\"} x\n\
                {\"No\":8,\"From\":\"A\",\"To\":\"B\",\"Booked\":\"2024-05-01\"}";
    let found = import(file, &ndjson()).unwrap();
    assert_eq!(
        found.problems(),
        [
            (1, "row", "unknown_member"),
            (2, "row", "not_json"),
            (4, "row", "not_json"),
            (5, "row", "not_json"),
            (6, "row", "duplicate_member"),
            (6, "row", "list"),
            (7, "row", "not_json"),
        ]
    );
    assert!(
        found.rejects[0].to_string().ends_with("found Colour, a.b"),
        "{}",
        found.rejects[0]
    );
    assert_eq!(found.drafts[0].0, 8);

    let found = import(file, &mapping("format = 'ndjson'\nignore_unknown = true")).unwrap();
    assert_eq!(
        (found.drafts[0].0, found.unmapped),
        (1, vec!["Colour".to_owned(), "a.b".to_owned()])
    );
}

#[test]
fn rejects_become_a_file_that_can_be_corrected_and_imported() {
    let found = import(
        "No,From,To,Booked\n7,=A,B,never\n8,A,B,2024-05-01\n",
        &csv(),
    )
    .unwrap();
    let columns = ["No", "From", "To", "Booked"].map(str::to_owned);
    let mut writer = RejectsWriter::new(Vec::new(), &columns).unwrap();
    for reject in &found.rejects {
        writer.write(reject).unwrap();
    }
    let file = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(
        file.starts_with(
            "reject_line,reject_reasons,No,From,To,Booked\n2,\"booked_at: expected a date"
        ),
        "{file}"
    );

    // The mapping it came from reads it, though that one knows of no apostrophes.
    let again = import(file.replace("never", "2024-05-02"), &csv()).unwrap();
    assert!(again.unmapped.is_empty(), "{:?}", again.unmapped);
    assert_eq!(again.only().shipper.name.as_deref(), Some("=A"));

    // Rejected once more, it is what its sender wrote, not what the first list made of it.
    let again = import(&file, &csv()).unwrap();
    assert_eq!(again.rejects[0].raw, found.rejects[0].raw);
}

// Bad files: refused with the reason.

fn refused(bytes: impl AsRef<[u8]>, mapping: &Mapping) -> String {
    import(bytes, mapping)
        .err()
        .expect("a file error")
        .to_string()
}

#[test]
fn a_column_that_the_file_lacks_is_named_with_the_nearest_ones() {
    let message = refused("No,Form,To,Bookd\n7,A,B,2024-05-01\n", &csv());
    assert!(message.contains("the mapping reads shipper.name from the column `From`, which the file lacks; nearest: Form"), "{message}");
    assert!(
        message
            .contains("booked_at from the column `Booked`, which the file lacks; nearest: Bookd"),
        "{message}"
    );
}

#[test]
fn a_mapped_column_that_stands_twice_is_refused() {
    assert!(refused("No,From,From,To,Booked\n", &csv()).contains("`From` stands more than once"));
    assert_eq!(import("No,x,x,From,To,Booked\n", &csv()).unwrap().rows, 0);
}

#[test]
fn empty_and_binary_files_are_refused() {
    for format in [csv(), ndjson()] {
        for empty in ["", "\u{feff}", "\n\r\n  "] {
            assert_eq!(refused(empty, &format), "the file is empty", "{empty:?}");
        }
        assert!(refused(b"PK\x03\x04\x00\x00", &format).contains("byte 5 is NUL"));
        assert!(refused(b"\xff\xfeN\0o\0", &format).contains("UTF-16"));
    }
}

#[test]
fn a_file_of_only_a_header_has_no_rows() {
    for file in [
        "No,From,To,Booked",
        "No,From,To,Booked\n",
        "\r\nNo,From,To,Booked\r\n\r\n",
    ] {
        let found = import(file, &csv()).unwrap();
        assert_eq!(
            (found.rows, found.drafts.len(), found.rejects.len()),
            (0, 0, 0)
        );
    }
}

#[test]
fn a_header_that_cannot_be_read_is_refused() {
    assert!(
        refused(b"No,Fr\xffom,To,Booked\n", &csv())
            .starts_with("line 1, the header, cannot be read: expected UTF-8")
    );
    assert!(
        refused("x".repeat(2 << 20), &csv())
            .starts_with("line 1, the header, cannot be read: expected a line of at most")
    );
}

#[test]
fn a_failing_reader_ends_the_file() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let start = "No,From,To,Booked\n7,A,B,2024-05-01\n".repeat(1000);
    let mut reader =
        ShipmentReader::open(start.as_bytes().chain(Failing), &csv(), Tz::UTC).unwrap();
    let end = reader.by_ref().find_map(|row| match row {
        Err(ReadError::File(error)) => Some(error),
        _ => None,
    });
    assert!(end.unwrap().to_string().contains("the disk is gone"));
    assert!(reader.next().is_none());
}

// Size.

/// A file of `before`, so many bytes `x`, and `after`, that exists nowhere.
fn huge(before: &str, count: u64, after: &str) -> impl Read {
    io::Cursor::new(before.to_owned())
        .chain(io::repeat(b'x').take(count))
        .chain(io::Cursor::new(after.to_owned()))
}

/// More than the window (1 MiB and what is read at once), the row and the cells together ever are.
const BOUND: usize = 8 << 20;

#[test]
fn a_line_of_200_mb_is_rejected_without_being_held() {
    let row = |no| format!("{no},A,B,2024-05-01\n");
    let json =
        |no| format!("{{\"No\":{no},\"From\":\"A\",\"To\":\"B\",\"Booked\":\"2024-05-01\"}}\n");
    for (mapping, before, after, line) in [
        (
            csv(),
            format!("No,From,To,Booked\n{}", row(7)),
            format!("\n{}", row(8)),
            3,
        ),
        (
            csv(),
            format!("No,From,To,Booked\n{}9,\"", row(7)),
            format!("\n{}", row(8)),
            3,
        ),
        (ndjson(), json(7), format!("\n{}", json(8)), 2),
    ] {
        let reader = huge(&before, 200_000_000, &after);
        let mut reader = ShipmentReader::open(reader, &mapping, Tz::UTC).unwrap();
        assert_eq!(reader.next().unwrap().unwrap().0, line - 1);
        match reader.next().unwrap().unwrap_err() {
            ReadError::Row(reject) => {
                assert_eq!((reject.line, reject.reasons[0].code), (line, "too_long"));
                assert!(reject.raw[0].len() <= 200);
            }
            ReadError::File(error) => panic!("{error}"),
        }
        let (at, draft) = reader.next().unwrap().unwrap();
        assert_eq!((at, &*draft.external_id.id), (line + 1, "8"));
        assert!(reader.next().is_none());
        assert!(reader.bytes_read() > 200_000_000);
        assert!(reader.buffer_bytes() < BOUND, "{}", reader.buffer_bytes());
    }
}

#[test]
fn lines_just_short_of_the_limit_are_read_and_memory_stays_bounded() {
    // A cell that long is no name, but the line is a row.
    let name = "y".repeat((1 << 20) - 30);
    let file = format!("No,From,To,Booked\n7,{name},B,2024-05-01\n8,A,B,2024-05-01\n");
    let mut reader = ShipmentReader::open(file.as_bytes(), &csv(), Tz::UTC).unwrap();
    let ReadError::Row(reject) = reader.next().unwrap().unwrap_err() else {
        panic!("a row error");
    };
    assert_eq!(
        (reject.reasons[0].field, reject.reasons[0].code),
        ("shipper.name", "too_long")
    );
    assert_eq!(reader.next().unwrap().unwrap().0, 3);
    assert!(reader.buffer_bytes() < BOUND, "{}", reader.buffer_bytes());
}

#[test]
fn readers_that_give_a_byte_at_a_time_change_nothing() {
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = into.len().min(1);
            self.0.read(&mut into[..count])
        }
    }
    let file = "\u{feff}No;From;To;Booked\r\n7;\"Mü\r\n\"\"ll\";B;2024-05-01\r\n8;A;B;x\r\n9;\"open;B;2024-05-01\r\n";
    let whole = import(file, &csv()).unwrap();
    let dripped =
        drain(ShipmentReader::open(Drip(file.as_bytes()), &csv(), Tz::UTC).unwrap()).unwrap();
    assert_eq!(whole.drafts, dripped.drafts);
    assert_eq!(whole.rejects, dripped.rejects);
    assert_eq!(
        (whole.drafts.len(), whole.problems()),
        (1, vec![(4, "booked_at", "not_a_date"), (5, "row", "quote")])
    );
}

// The real file.

/// The SCMS delivery history, where the folder with shared data is at hand.
fn scms() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("HAWSER_SHARED").map_or_else(beside, PathBuf::from);
    let path = shared.join("data/scms/SCMS_Delivery_History_Dataset.csv");
    path.exists().then_some(path)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one reading, many figures")]
fn the_scms_history_has_the_known_figures() {
    let Some(path) = scms() else {
        println!("skipped: no ../shared/data/scms (HAWSER_SHARED may name the folder)");
        return;
    };
    let toml = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scms.toml"))
        .unwrap();
    let reader = ShipmentReader::open(
        File::open(path).unwrap(),
        &Mapping::parse(&toml).unwrap(),
        Tz::UTC,
    )
    .unwrap();
    assert_eq!(reader.columns().len(), 33);
    let found = drain(reader).unwrap();
    assert_eq!((found.drafts.len(), found.rejects.len()), (10_324, 0));
    let drafts = || found.drafts.iter().map(|(_, draft)| draft);
    let facts = || drafts().map(|draft| &draft.facts);

    let late = facts().filter(|facts| facts.late(Tz::UTC).unwrap()).count();
    let on_the_day = facts()
        .filter(|facts| facts.delivered_at == facts.promised_to)
        .count();
    assert_eq!((late, on_the_day), (1_186, 6_324));

    let site = |draft: &ShipmentDraft| draft.shipper.external_id.clone().unwrap().id;
    let country = |draft: &ShipmentDraft| draft.consignee.country.clone().unwrap();
    let mut links = BTreeMap::new();
    for draft in drafts() {
        *links.entry((site(draft), country(draft))).or_insert(0) += 1;
    }
    assert_eq!(drafts().map(site).collect::<BTreeSet<_>>().len(), 88);
    assert_eq!(drafts().map(country).collect::<BTreeSet<_>>().len(), 43);
    assert_eq!(
        (
            links.len(),
            links.values().filter(|lines| **lines == 1).count()
        ),
        (567, 141)
    );

    assert_eq!(facts().filter_map(|facts| facts.revenue).count(), 6_198);
    assert_eq!(facts().filter_map(|facts| facts.weight_kg).count(), 6_372);
    assert_eq!(
        facts().filter_map(|facts| facts.goods_value).sum::<i64>(),
        162_758_445_729
    );
    // 5,404 lines come from the distribution centre, without a term.
    assert_eq!(
        facts().filter(|facts| facts.incoterm.is_none()).count(),
        5_404
    );

    let mut years = BTreeMap::new();
    for facts in facts() {
        *years.entry(facts.delivered_at.unwrap().year()).or_insert(0) += 1;
    }
    assert_eq!(
        years.into_values().collect::<Vec<_>>(),
        [
            65, 671, 1_108, 1_192, 1_176, 1_049, 1_253, 1_240, 1_573, 997
        ]
    );
    assert_eq!(
        facts().filter_map(|facts| facts.delivered_at).min(),
        at("2006-05-02T00:00:00Z")
    );
    assert_eq!(
        facts().filter_map(|facts| facts.delivered_at).max(),
        at("2015-09-14T00:00:00Z")
    );
}
