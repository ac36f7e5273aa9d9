//! The models of the project's packs: they are read, and say today what they said when they were trained.

use proviso_rows::each_row;
use proviso_text_features::{Model, carry};

const FRAUD: &str = include_str!("../../../policies/bank-cn/lexicons/fraud-wording.txt");
const SPAM: &str = include_str!("../../../policies/broker-us/lexicons/spam-wording.txt");

fn model(file: &str) -> Model {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    let tags = lines.map(|line| line.split_once('\t').expect("a term and tags").1.split(','));
    carry::from_tags(tags).expect("the file carries a model")
}

#[test]
fn a_model_s_file_is_a_lexicon_within_its_bounds() {
    for file in [FRAUD, SPAM] {
        assert!(file.len() <= carry::FILE_BYTES_MAX);
        let tags = file
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split('\t').nth(1));
        assert!(
            tags.flat_map(|tags| tags.split(','))
                .all(|tag| (2..=64).contains(&tag.len()))
        );
        let rates: Vec<u32> = model(file).rates().iter().map(|rate| rate.false_alarms_ppm).collect();
        assert_eq!(rates, [500, 1_000, 2_000, 5_000, 10_000]);
    }
}

/// A score is a sum over hashes of what folding gives: where one of these changes, folding, cutting or hashing did, and every model that
/// was trained before is worth nothing. Such a change is another `FEATURES_VERSION`.
#[test]
fn scores_are_those_of_the_day_of_training() {
    let table = [
        (
            "fraud",
            "您好，这里是银行客服中心，您的账户存在异常交易，请您立即配合核实身份信息",
            true,
            21_780,
        ),
        (
            "fraud",
            "恭喜您中奖了，请您尽快支付手续费，否则奖金将被取消",
            true,
            12_563,
        ),
        ("fraud", "明天下午三点开会，请大家把上周的周报带来", false, -26_714),
        ("fraud", "这家餐馆的红烧肉不错，周末我们一起去吃吧", false, -31_790),
        (
            "spam",
            "URGENT! You have won a £500 prize, call 09061234567 now to claim",
            true,
            42_875,
        ),
        (
            "spam",
            "Shall we have lunch after the meeting tomorrow? I will bring the report",
            false,
            -44_396,
        ),
    ];
    each_row(table, |(name, text, reached, score)| {
        let model = model(if name == "fraud" { FRAUD } else { SPAM });
        let judged = model.judge(text, 12).expect("it is long enough");
        let threshold = model
            .rates()
            .iter()
            .find(|rate| rate.false_alarms_ppm == 1_000)
            .expect("it has 0.001")
            .threshold;
        assert_eq!(
            judged.score >= threshold,
            reached,
            "{text}: {} of {threshold}",
            judged.score
        );
        assert_eq!(judged.score, score, "{text}");
    });
}
