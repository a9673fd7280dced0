//! Multinomial logistic regression on sparse vectors: the loss, its gradient, and L-BFGS.

use super::features::Sparse;

/// A text's features and the weight of each class it belongs to (summing to 1).
pub struct Sample {
    pub features: Sparse,
    pub classes: Vec<(usize, f32)>,
}

/// Weights (feature-major, `features x classes`) and one bias a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    pub matrix: Vec<f32>,
    pub bias: Vec<f32>,
}

/// Steps remembered, and at most taken; it ends earlier when the gradient is small.
const MEMORY: usize = 8;
const MOST_STEPS: usize = 120;
const SMALL: f64 = 1e-5;

/// Minimises `mean cross-entropy + |W|^2 / (2 c n)`, biases unpenalised: the objective of scikit-learn's `LogisticRegression(C=c)`.
///
/// Source: L-BFGS after Nocedal & Wright 2006, Numerical Optimization, algorithm 7.4, with backtracking to the Armijo condition.
pub fn fit(samples: &[Sample], n_features: usize, n_classes: usize, c: f64) -> Weights {
    let size = (n_features + 1) * n_classes;
    let mut x = vec![0.0_f32; size];
    let penalty = 1.0 / (c * samples.len().max(1) as f64);
    let (mut value, mut gradient) = loss(samples, &x, n_features, n_classes, penalty);
    let mut memory: Vec<(Vec<f32>, Vec<f32>, f64)> = Vec::new();
    for _ in 0..MOST_STEPS {
        if dot(&gradient, &gradient).sqrt() < SMALL {
            break;
        }
        let mut direction = two_loops(&gradient, &memory);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            memory.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = dot(&direction, &gradient);
        }
        let mut step = if memory.is_empty() { 1.0 / slope.abs().sqrt().max(1.0) } else { 1.0 };
        let accepted = (0..30).find_map(|_| {
            let tried: Vec<f32> = x.iter().zip(&direction).map(|(x, d)| x + step as f32 * d).collect();
            let (new_value, new_gradient) = loss(samples, &tried, n_features, n_classes, penalty);
            if new_value <= value + 1e-4 * step * slope {
                return Some((tried, new_value, new_gradient));
            }
            step /= 2.0;
            None
        });
        let Some((new_x, new_value, new_gradient)) = accepted else { break };
        let moved: Vec<f32> = new_x.iter().zip(&x).map(|(a, b)| a - b).collect();
        let bent: Vec<f32> = new_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&moved, &bent);
        if curvature > 1e-12 {
            if memory.len() == MEMORY {
                memory.remove(0);
            }
            memory.push((moved, bent, 1.0 / curvature));
        }
        let gained = value - new_value;
        (x, value, gradient) = (new_x, new_value, new_gradient);
        if gained < 1e-9 * value.abs().max(1.0) {
            break;
        }
    }
    let bias = x.split_off(n_features * n_classes);
    Weights { matrix: x, bias }
}

/// `-H g` by the two loops.
fn two_loops(gradient: &[f32], memory: &[(Vec<f32>, Vec<f32>, f64)]) -> Vec<f32> {
    let mut q: Vec<f32> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::new();
    for (moved, bent, rho) in memory.iter().rev() {
        let alpha = rho * dot(moved, &q);
        q.iter_mut().zip(bent).for_each(|(q, y)| *q -= alpha as f32 * y);
        alphas.push(alpha);
    }
    if let Some((moved, bent, _)) = memory.last() {
        let scale = (dot(moved, bent) / dot(bent, bent)) as f32;
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((moved, bent, rho), alpha) in memory.iter().zip(alphas.into_iter().rev()) {
        let beta = rho * dot(bent, &q);
        q.iter_mut().zip(moved).for_each(|(q, s)| *q += (alpha - beta) as f32 * s);
    }
    q
}

fn loss(samples: &[Sample], x: &[f32], n_features: usize, n_classes: usize, penalty: f64) -> (f64, Vec<f32>) {
    let (matrix, bias) = x.split_at(n_features * n_classes);
    let mut gradient = vec![0.0_f32; x.len()];
    let scale = 1.0 / samples.len().max(1) as f32;
    let mut scores = vec![0.0_f32; n_classes];
    let mut sum = 0.0_f64;
    for sample in samples {
        score(&sample.features, matrix, bias, &mut scores);
        softmax(&mut scores);
        for (class, weight) in &sample.classes {
            sum -= f64::from(*weight) * f64::from(scores[*class].max(1e-30)).ln();
            scores[*class] -= weight;
        }
        let (of_matrix, of_bias) = gradient.split_at_mut(n_features * n_classes);
        for (feature, value) in &sample.features {
            let at = *feature as usize * n_classes;
            let step = value * scale;
            of_matrix[at..at + n_classes].iter_mut().zip(&scores).for_each(|(g, error)| *g += step * error);
        }
        of_bias.iter_mut().zip(&scores).for_each(|(g, error)| *g += scale * error);
    }
    let norm = dot(matrix, matrix);
    gradient[..matrix.len()].iter_mut().zip(matrix).for_each(|(g, w)| *g += penalty as f32 * w);
    (sum / samples.len().max(1) as f64 + penalty * norm / 2.0, gradient)
}

/// The classes' scores of a text.
pub fn score(features: &Sparse, matrix: &[f32], bias: &[f32], scores: &mut [f32]) {
    scores.copy_from_slice(bias);
    let n = bias.len();
    for (feature, value) in features {
        let at = *feature as usize * n;
        scores.iter_mut().zip(&matrix[at..at + n]).for_each(|(score, weight)| *score += value * weight);
    }
}

pub fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - most).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_one() {
        // Four samples of two features and three classes; the gradient vanishes at the minimum.
        let sample =
            |features: &[(u32, f32)], class| Sample { features: features.to_vec(), classes: vec![(class, 1.0)] };
        let samples = [
            sample(&[(0, 1.0)], 0),
            sample(&[(1, 1.0)], 1),
            sample(&[(0, 0.6), (1, 0.8)], 2),
            Sample { features: vec![(0, 1.0)], classes: vec![(0, 0.5), (2, 0.5)] },
        ];
        let weights = fit(&samples, 2, 3, 10.0);
        let x: Vec<f32> = weights.matrix.iter().chain(&weights.bias).copied().collect();
        let (_, gradient) = loss(&samples, &x, 2, 3, 1.0 / 40.0);
        assert!(dot(&gradient, &gradient).sqrt() < 1e-3, "{gradient:?}");
        let mut scores = [0.0; 3];
        score(&vec![(1, 1.0)], &weights.matrix, &weights.bias, &mut scores);
        softmax(&mut scores);
        assert!(scores[1] > 0.6, "{scores:?}");
    }
}
