//! The kinds of entities: what each is, by which standard, in which shape.

/// What a run of characters is. A run has one kind: the most specific one that fits. The order of the variants is that of
/// [`EntityKind::ALL`] and says nothing of how specific a kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// Resident identity number, GB 11643-1999: 17 digits and a check character (MOD 11-2), with a province of GB/T 2260
    /// and a date; in groups with any separator too.
    CnIdentity,
    /// The old form of 15 digits: province and date, without a check; beside a word for it alone.
    CnIdentity15,
    /// Unified social credit code, GB 32100-2015: 18 characters, the last a check character (MOD 31).
    CreditCode,
    /// Payment card number, ISO/IEC 7812: an issuer's prefix with its length, and the check digit (Luhn).
    BankCard,
    /// Mobile number of mainland China: 11 digits, 13 to 19; with or without 86.
    CnMobile,
    /// Telephone of mainland China: area code and 7 or 8 digits, a service number (400, 800), or 7 or 8 digits beside a
    /// Chinese word for telephone.
    CnLandline,
    /// Any other telephone number: ITU-T E.164 with `+`, common national shapes, or 7 to 15 digits beside a word for it.
    Phone,
    /// International bank account number, ISO 13616: country, its length, MOD 97.
    Iban,
    /// Business identifier code, ISO 9362: 8 or 11 characters with a country; beside a word for it, or in capitals with a
    /// digit in it.
    Swift,
    /// Passport number, beside a word for it: Chinese and other shapes of ICAO Doc 9303.
    Passport,
    /// Number plate of mainland China, GA 36-2018: 7 characters, or 8 of new-energy vehicles.
    Plate,
    /// A sum of money in any form: figures, Chinese numerals, 万 and 亿, `w` and `k`, currencies, ranges.
    Amount,
    /// A share or rate in hundredths: `8%`, 百分之八, 8个点, and interest by 分 and 厘.
    Percent,
    /// A calendar date with a month and a day, or a year and a month.
    Date,
    /// E-mail address, RFC 5321.
    Email,
    /// Address of the web, RFC 3986, with or without scheme.
    Url,
    /// The name of a messenger with the identifier beside it.
    Messenger,
    /// A number beside a word for an order, a transaction or a ticket.
    OrderNumber,
    /// A parcel's number: beside a word for it, or by a carrier's shape.
    Waybill,
    /// Code of a listed share or fund of Shanghai, Shenzhen, Beijing or Hong Kong.
    SecurityCode,
    /// Social security number of the United States: `ddd-dd-dddd`, or nine digits beside a word for it.
    UsSsn,
    /// Individual taxpayer number of the United States: a social security number's shape that begins with 9.
    UsItin,
    /// Number of the National Health Service: ten digits, MOD 11.
    UkNhs,
    /// Internet address, RFC 791 and RFC 4291, with or without the length of a prefix.
    IpAddress,
    /// Address of Bitcoin (Base58Check, BIP 173, BIP 350), Tron or Ethereum.
    CryptoAddress,
    /// Registration of the Drug Enforcement Administration: two letters, seven digits, check digit; beside a word for it.
    MedicalLicence,
}

impl EntityKind {
    /// Every kind, in the order of the variants.
    pub const ALL: &[Self] = &[
        Self::CnIdentity,
        Self::CnIdentity15,
        Self::CreditCode,
        Self::BankCard,
        Self::CnMobile,
        Self::CnLandline,
        Self::Phone,
        Self::Iban,
        Self::Swift,
        Self::Passport,
        Self::Plate,
        Self::Amount,
        Self::Percent,
        Self::Date,
        Self::Email,
        Self::Url,
        Self::Messenger,
        Self::OrderNumber,
        Self::Waybill,
        Self::SecurityCode,
        Self::UsSsn,
        Self::UsItin,
        Self::UkNhs,
        Self::IpAddress,
        Self::CryptoAddress,
        Self::MedicalLicence,
    ];

    /// The kind's name in manifests: `a-z`, `0-9`, `-`. It never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::CnIdentity => "cn-identity",
            Self::CnIdentity15 => "cn-identity-15",
            Self::CreditCode => "credit-code",
            Self::BankCard => "bank-card",
            Self::CnMobile => "cn-mobile",
            Self::CnLandline => "cn-landline",
            Self::Phone => "phone",
            Self::Iban => "iban",
            Self::Swift => "swift",
            Self::Passport => "passport",
            Self::Plate => "plate",
            Self::Amount => "amount",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::Email => "email",
            Self::Url => "url",
            Self::Messenger => "messenger",
            Self::OrderNumber => "order-number",
            Self::Waybill => "waybill",
            Self::SecurityCode => "security-code",
            Self::UsSsn => "us-ssn",
            Self::UsItin => "us-itin",
            Self::UkNhs => "uk-nhs",
            Self::IpAddress => "ip-address",
            Self::CryptoAddress => "crypto-address",
            Self::MedicalLicence => "medical-licence",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}
