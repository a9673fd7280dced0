//! Whether the texts of two sides are of one kind, topic by topic: what counts of topics can not show is that a topic changed inside.

use std::collections::HashMap;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::super::moved::false_discovery_rates;
use super::super::terms::terms;

/// Places that terms are hashed into.
const DIMENSIONS: usize = 1 << 12;
/// A topic with fewer texts on a side is left out.
const LEAST_TEXTS: usize = 8;
/// Of more texts than this on a side some are drawn, the same part of each topic.
const MOST_TEXTS: usize = 3000;

/// The texts of one topic.
#[derive(Debug, Clone, Default)]
pub struct TopicTexts<'a> {
    pub topic: &'a str,
    pub reference: Vec<&'a str>,
    pub current: Vec<&'a str>,
}

/// What the texts say once the topics' shares are taken out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextTest {
    /// Texts that were compared.
    pub n_reference: usize,
    pub n_current: usize,
    /// Topics with enough of them.
    pub topics: usize,
    pub dimensions: usize,
    pub permutations: u32,
    /// Squared maximum mean discrepancy, unbiased: about 0, on either side of it, when nothing moved. Mean over the topics, each
    /// weighted with its current texts.
    pub mmd2: f64,
    /// Share of permutations of the texts within their topics that give at least as much, the observed one counted.
    pub p_value: f64,
    /// How often a current text looks more current than a reference text of its topic, to a linear classifier that has seen neither:
    /// 0.5 when nothing moved, 1 when the sides can be told apart.
    pub auc: f64,
    /// Every topic that was compared, the most certain first.
    pub by_topic: Vec<TopicMovement>,
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicMovement {
    pub topic: String,
    pub n_reference: usize,
    pub n_current: usize,
    pub mmd2: f64,
    pub p_value: f64,
    /// After Benjamini & Hochberg over the topics.
    pub q_value: f64,
}

/// Compares the texts within each topic. `None` when no topic has eight texts on each side.
///
/// A text is the set of its words and pairs of words, hashed with signs into 4,096 places, weighted by how rare a place is among the texts of
/// both sides, and scaled to length 1. The kernel is the inner product. Rarity is the same whichever side a text is on, so permuting
/// the texts within a topic gives the exact distribution under no change.
///
/// Source: Gretton et al. 2012, JMLR 13:723, lemma 6 for the unbiased statistic; Phipson & Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9(1), for
/// the p-value; Lopez-Paz & Oquab 2017, ICLR, for the classifier; signs after Weinberger et al. 2009, ICML.
pub fn text_test(topics: &[TopicTexts<'_>], permutations: u32, seed: u64) -> Option<TextTest> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let part = |side: fn(&TopicTexts<'_>) -> usize| {
        let all: usize = topics.iter().map(side).sum();
        (MOST_TEXTS as f64 / all.max(1) as f64).min(1.0)
    };
    let (of_reference, of_current) = (part(|topic| topic.reference.len()), part(|topic| topic.current.len()));
    let mut groups: Vec<Group> = topics
        .iter()
        .map(|topic| {
            let reference = hashed(&topic.reference, of_reference, &mut rng);
            let current = hashed(&topic.current, of_current, &mut rng);
            let n_current = current.len();
            let texts = current.into_iter().chain(reference).collect();
            Group { topic: topic.topic.to_owned(), n_current, texts, along: Vec::new(), square: 0.0 }
        })
        .filter(|group| group.n_current.min(group.texts.len() - group.n_current) >= LEAST_TEXTS)
        .collect();
    if groups.is_empty() {
        return None;
    }
    weigh(&mut groups);
    let all_current: usize = groups.iter().map(|group| group.n_current).sum();
    let weights: Vec<f64> = groups.iter().map(|group| group.n_current as f64 / all_current as f64).collect();
    let pooled = |values: &[f64]| values.iter().zip(&weights).map(|(value, weight)| value * weight).sum::<f64>();
    let mut sum = vec![0.0_f32; DIMENSIONS];
    let mut observed = Vec::new();
    for group in &groups {
        let own: Vec<usize> = (0..group.texts.len()).collect();
        observed.push(group.mmd2(&own[..group.n_current], &mut sum));
    }
    let all = pooled(&observed);
    let (mut as_large, mut as_large_by_topic) = (1_u32, vec![1_u32; groups.len()]);
    let mut orders: Vec<Vec<usize>> = groups.iter().map(|group| (0..group.texts.len()).collect()).collect();
    let mut drawn = vec![0.0; groups.len()];
    for _ in 0..permutations {
        for (at, group) in groups.iter().enumerate() {
            let (current, _) = orders[at].partial_shuffle(&mut rng, group.n_current);
            drawn[at] = group.mmd2(current, &mut sum);
            as_large_by_topic[at] += u32::from(drawn[at] >= observed[at]);
        }
        as_large += u32::from(pooled(&drawn) >= all);
    }
    let share = |count: u32| f64::from(count) / f64::from(permutations + 1);
    let p_values: Vec<f64> = as_large_by_topic.iter().map(|count| share(*count)).collect();
    let mut by_topic: Vec<TopicMovement> = groups
        .iter()
        .zip(observed.iter().zip(p_values.iter().zip(false_discovery_rates(&p_values))))
        .map(|(group, (mmd2, (p_value, q_value)))| TopicMovement {
            topic: group.topic.clone(),
            n_reference: group.texts.len() - group.n_current,
            n_current: group.n_current,
            mmd2: *mmd2,
            p_value: *p_value,
            q_value,
        })
        .collect();
    by_topic.sort_by(|a, b| {
        a.p_value.total_cmp(&b.p_value).then(b.mmd2.total_cmp(&a.mmd2)).then_with(|| a.topic.cmp(&b.topic))
    });
    Some(TextTest {
        n_reference: groups.iter().map(|group| group.texts.len() - group.n_current).sum(),
        n_current: all_current,
        topics: groups.len(),
        dimensions: DIMENSIONS,
        permutations,
        mmd2: all,
        p_value: share(as_large),
        auc: auc(&groups, &mut rng),
        by_topic,
    })
}

/// Place and value.
type Sparse = Vec<(u16, f32)>;

/// One topic's texts, the current ones first.
struct Group {
    topic: String,
    n_current: usize,
    texts: Vec<Sparse>,
    /// Each text's inner product with the sum of all texts, and that sum's own.
    along: Vec<f64>,
    square: f64,
}

impl Group {
    /// The unbiased statistic with `current` as the current side; `sum` is room for a vector, of zeros. All vectors have length 1, and the
    /// reference's sums follow from the total's.
    fn mmd2(&self, current: &[usize], sum: &mut [f32]) -> f64 {
        // Squared length of the sum, kept up while texts are added: most places stay empty.
        let (mut total_current, mut now) = (0.0, 0.0);
        for at in current {
            total_current += self.along[*at];
            for (place, value) in &self.texts[*at] {
                let held = &mut sum[usize::from(*place)];
                now += f64::from(value * (2.0 * *held + value));
                *held += value;
            }
        }
        for (place, _) in current.iter().flat_map(|at| &self.texts[*at]) {
            sum[usize::from(*place)] = 0.0;
        }
        let (n, m) = ((self.texts.len() - current.len()) as f64, current.len() as f64);
        let before = self.square - 2.0 * total_current + now;
        (now - m) / (m * (m - 1.0)) + (before - n) / (n * (n - 1.0)) - 2.0 * (total_current - now) / (n * m)
    }
}

/// The texts' places and signs, each term once; texts without a term are left out.
fn hashed(texts: &[&str], part: f64, rng: &mut ChaCha8Rng) -> Vec<Sparse> {
    let taken = texts.iter().filter(|_| part >= 1.0 || rng.random_bool(part));
    let vector = |text: &&str| {
        let mut places: HashMap<u16, f32> = HashMap::new();
        for term in terms(text) {
            // FNV-1a: the same on every machine.
            let hash = term
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
            *places.entry(((hash >> 16) % DIMENSIONS as u64) as u16).or_default() += sign;
        }
        let mut vector: Sparse = places.into_iter().filter(|(_, value)| *value != 0.0).collect();
        vector.sort_unstable_by_key(|(place, _)| *place);
        vector
    };
    taken.map(vector).filter(|vector| !vector.is_empty()).collect()
}

/// Weights every place with its rarity over all texts, scales each text to length 1, and sums.
fn weigh(groups: &mut [Group]) {
    let mut used = vec![0.0_f32; DIMENSIONS];
    let mut n = 0.0_f32;
    for text in groups.iter().flat_map(|group| &group.texts) {
        n += 1.0;
        text.iter().for_each(|(place, _)| used[usize::from(*place)] += 1.0);
    }
    for group in groups {
        let mut total = vec![0.0; DIMENSIONS];
        for text in &mut group.texts {
            text.iter_mut()
                .for_each(|(place, value)| *value *= ((1.0 + n) / (1.0 + used[usize::from(*place)])).ln() + 1.0);
            let length = text.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
            text.iter_mut().for_each(|(place, value)| {
                *value /= length;
                total[usize::from(*place)] += *value;
            });
        }
        group.along = group.texts.iter().map(|text| dot(text, &total)).collect();
        group.square = group.along.iter().sum();
    }
}

fn dot(text: &Sparse, vector: &[f32]) -> f64 {
    text.iter().map(|(place, value)| f64::from(*value) * f64::from(vector[usize::from(*place)])).sum()
}

/// Each half of a topic's texts is scored along the difference of the other half's means.
fn auc(groups: &[Group], rng: &mut ChaCha8Rng) -> f64 {
    let (mut won, mut pairs) = (0.0, 0.0);
    for group in groups {
        let mut half: Vec<bool> = (0..group.texts.len()).map(|at| at % 2 == 0).collect();
        let (current, reference) = half.split_at_mut(group.n_current);
        current.shuffle(rng);
        reference.shuffle(rng);
        for side in [false, true] {
            let learnt = |is_current: bool| {
                (0..group.texts.len())
                    .filter(move |at| (*at < group.n_current) == is_current)
                    .filter(|at| half[*at] == side)
            };
            let mut direction = vec![0.0_f32; DIMENSIONS];
            for (is_current, sign) in [(true, 1.0), (false, -1.0)] {
                let step = sign / learnt(is_current).count().max(1) as f32;
                for at in learnt(is_current) {
                    group.texts[at].iter().for_each(|(place, value)| direction[usize::from(*place)] += step * value);
                }
            }
            let mut scored: Vec<(f64, bool)> = (0..group.texts.len())
                .filter(|at| half[*at] != side)
                .map(|at| (dot(&group.texts[at], &direction), at < group.n_current))
                .collect();
            scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let (mut below, mut now) = (0.0, 0.0);
            for (_, is_current) in &scored {
                if *is_current {
                    won += below;
                    now += 1.0;
                } else {
                    below += 1.0;
                }
            }
            pairs += below * now;
        }
    }
    if pairs > 0.0 { won / pairs } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 24] = [
        "cortex",
        "neuron",
        "synapse",
        "spike",
        "axon",
        "dendrite",
        "glia",
        "myelin",
        "receptor",
        "channel",
        "memory",
        "learning",
        "reward",
        "vision",
        "motor",
        "sleep",
        "pain",
        "touch",
        "hearing",
        "circuit",
        "plasticity",
        "rhythm",
        "mouse",
        "monkey",
    ];

    /// `n` texts of eight words out of the first `most` of them.
    fn texts(n: usize, most: usize, seed: u64) -> Vec<String> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| (0..8).map(|_| WORDS[rng.random_range(0..most)]).collect::<Vec<_>>().join(" ")).collect()
    }

    fn test(reference: &[String], current: &[String], permutations: u32) -> TextTest {
        let topic = TopicTexts {
            topic: "neuroscience",
            reference: reference.iter().map(String::as_str).collect(),
            current: current.iter().map(String::as_str).collect(),
        };
        text_test(&[topic], permutations, 7).unwrap()
    }

    #[test]
    fn the_statistic_by_hand() {
        // Four one-word texts, two on each side, all words different: every inner product of two texts is 0, so the statistic is 0.
        let group = |texts: Vec<Sparse>| {
            let mut groups = [Group { topic: String::new(), n_current: 2, texts, along: vec![], square: 0.0 }];
            weigh(&mut groups);
            groups[0].mmd2(&[0, 1], &mut vec![0.0; DIMENSIONS])
        };
        assert!(group(vec![vec![(1, 1.0)], vec![(2, 1.0)], vec![(3, 1.0)], vec![(4, 1.0)]]).abs() < 1e-6);
        // Each side says one word twice: within 1 and 1, between 0.
        assert!((group(vec![vec![(1, 1.0)], vec![(1, 1.0)], vec![(3, 1.0)], vec![(3, 1.0)]]) - 2.0).abs() < 1e-6);
        // All say the same: 1 + 1 - 2.
        assert!(group(vec![vec![(1, -2.0)]; 4]).abs() < 1e-6);
    }

    #[test]
    fn other_words_in_a_topic_are_found_and_the_same_ones_are_not() {
        let moved = test(&texts(80, 20, 1), &texts(40, 24, 2), 199);
        assert!(moved.p_value <= 0.01 && moved.mmd2 > 0.0 && moved.auc > 0.6, "{moved:?}");
        assert_eq!((moved.n_reference, moved.n_current, moved.topics), (80, 40, 1));
        assert_eq!(moved.by_topic[0].topic, "neuroscience");
        let quiet = test(&texts(80, 20, 3), &texts(40, 20, 4), 199);
        assert!(quiet.p_value > 0.05 && (0.35..0.65).contains(&quiet.auc), "{quiet:?}");
        assert_eq!(quiet, test(&texts(80, 20, 3), &texts(40, 20, 4), 199), "deterministic");
    }

    #[test]
    fn chance_is_called_movement_as_often_as_the_level_says() {
        let small = (0..200)
            .filter(|run| test(&texts(16, 24, 1000 + run), &texts(10, 24, 5000 + run), 39).p_value <= 0.1)
            .count();
        // 20 are expected; the bounds are four standard deviations.
        assert!((3..=37).contains(&small), "{small} of 200");
    }

    #[test]
    fn shares_of_topics_do_not_matter_and_too_few_texts_are_no_test() {
        let (a, b) = (texts(100, 12, 5), texts(100, 12, 6));
        let other: Vec<String> = texts(100, 12, 8).iter().map(|text| text.to_uppercase() + " genome contig").collect();
        let few = TopicTexts { topic: "x", reference: vec!["cortex"], current: Vec::new() };
        assert!(text_test(&[few], 99, 7).is_none());
        let topics = [
            TopicTexts {
                topic: "one",
                reference: a[..80].iter().map(String::as_str).collect(),
                current: b[..10].iter().map(String::as_str).collect(),
            },
            TopicTexts {
                topic: "two",
                reference: other[..10].iter().map(String::as_str).collect(),
                current: other[10..].iter().map(String::as_str).collect(),
            },
        ];
        let found = text_test(&topics, 199, 7).unwrap();
        assert!(found.p_value > 0.02, "{found:?}");
        assert_eq!((found.topics, found.n_current), (2, 100));
    }
}
