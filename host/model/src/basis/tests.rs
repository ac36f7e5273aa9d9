use super::*;
use crate::toml_read::TomlFile;
use proviso_rows::each_row;
use std::path::Path;

fn parse(text: &str) -> Result<LawfulBases, Vec<String>> {
    let (mut file, mut root) = TomlFile::parse(Path::new("p.toml"), text);
    let bases = root
        .table(&mut file, "lawful_basis")
        .map(|table| read(&mut file, table));
    root.finish(&mut file);
    let problems = file.into_problems();
    if problems.is_empty() {
        Ok(bases.unwrap_or_default())
    } else {
        Err(problems.iter().map(ToString::to_string).collect())
    }
}

#[test]
fn consent_permits_where_it_was_given_and_any_other_basis_whatever_was_said() {
    use ConsentState::{Agree, DefaultAgree, Disagree, Unknown, Withdraw};
    use Permit::{Judge, Metadata, Sealed};
    let text = "\
[lawful_basis.bank]
basis = \"consent\"
default_agreed = \"judge\"
unknown = \"metadata\"

[lawful_basis.bank.employees]
basis = \"human-resources\"
law = \"PIPL\"
article = \"13(1)(2)\"
withdrawn = \"sealed\"

[lawful_basis.\"证券\"]
basis = \"legal-duty\"
law = \"证券法\"
article = \"137\"
";
    let bases = parse(text).unwrap();
    let bank = bases.of("bank", LawfulBasis::LegalDuty);
    let states = [Agree, DefaultAgree, Unknown, Disagree, Withdraw];
    let contacts = bank.of(Side::Contacts).unwrap();
    assert_eq!(
        states.map(|state| contacts.permits(state)),
        [Judge, Judge, Metadata, Sealed, Sealed]
    );
    let employees = bank.of(Side::Employees).unwrap();
    assert_eq!(
        states.map(|state| employees.permits(state)),
        [Judge, Judge, Judge, Judge, Sealed]
    );
    let applied = bank.applied(Some(Unknown), Some(Withdraw));
    assert_eq!(applied.permits, Metadata, "what allows least");
    let json = r#"{"permits":"metadata","grounds":[{"of":"contacts","basis":"consent","law":"PIPL","article":"13(1)(1)","state":"unknown"},{"of":"employees","basis":"human-resources","law":"PIPL","article":"13(1)(2)","state":"withdraw"}]}"#;
    assert_eq!(serde_json::to_string(&**applied).unwrap(), json);
    let nobody = bank.applied(None, None);
    assert_eq!((nobody.permits, nobody.grounds.len()), (Judge, 0));
    let duty = bases.own("证券").unwrap();
    assert_eq!(duty.of(Side::Contacts).unwrap().permits(Withdraw), Judge);
    assert_eq!(duty.of(Side::Employees), None);
    // Who names none has that of the set.
    let set = bases.of("other", LawfulBasis::RecordedConsent);
    assert_eq!(set.applied(Some(DefaultAgree), None).permits, Sealed);
    assert_eq!(
        set.applied(Some(DefaultAgree), None).grounds[0].basis,
        "recorded-consent"
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let table = [
        ("[lawful_basis.bank]\n", "`basis` is missing"),
        ("[lawful_basis.bank]\nbasis = \"contract\"\n", "`law` is missing"),
        (
            "[lawful_basis.bank]\nbasis = \"contract\"\nlaw = \"PIPL\"\n",
            "`article` is missing",
        ),
        (
            "[lawful_basis.bank]\nbasis = \"consent\"\nunknown = \"drop\"\n",
            "p.toml:3:11: `unknown` is \"drop\"",
        ),
        ("[lawful_basis.bank]\nbasis = \" \"\n", "`basis` is \" \": name it"),
        (
            "[lawful_basis.bank]\nbasis = \"contract\"\nlaw = \"\"\narticle = \"13\"\n",
            "p.toml:3:7: `law` is \"\": name it, as PIPL",
        ),
        (
            "[lawful_basis.bank]\nbasis = \"contract\"\nlaw = \"PIPL\"\narticle = \" \"\n",
            "p.toml:4:11: `article` is \" \": name it, as 13(1)(2)",
        ),
        (
            "[lawful_basis.bank]\nbasis = \"consent\"\nlaw = \"\\n\"\n",
            "p.toml:3:7: `law` is \"\\n\": name it, as PIPL",
        ),
        (
            "[lawful_basis.bank]\nbasis = \"consent\"\n[lawful_basis.bank.employees]\nbasis = \"consent\"\narticle = \"\"\n",
            "p.toml:5:11: `article` is \"\": name it, as 13(1)(2)",
        ),
        (
            "[lawful_basis.bank]\nbasis = \"consent\"\nagree = \"judge\"\n",
            "unknown key `agree`",
        ),
        (
            "[lawful_basis.bank]\nbasis = \"consent\"\n[lawful_basis.bank.employees]\nunknown = \"judge\"\n",
            "`basis` is missing",
        ),
    ];
    each_row(table, |(text, told)| {
        let problems = parse(text).unwrap_err().join("\n");
        assert!(problems.contains(told), "{told} in {problems}");
    });
}
