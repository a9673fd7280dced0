//! Grades a second of short responses, one core: `cargo bench --bench grader`.

use std::hint::black_box;

use aludel::grade::{Grader, grade};
use aludel::model::answer::AnswerSpec;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::Value;

fn vectors() -> Vec<(AnswerSpec, String)> {
    include_str!("../tests/fixtures/grade/vectors.jsonl")
        .lines()
        .filter_map(|line| {
            let vector: Value = serde_json::from_str(line).ok()?;
            let spec = serde_json::from_value(vector.get("spec")?.clone()).ok()?;
            let response = vector.get("response")?.as_str()?;
            (response.len() <= 200).then(|| (spec, response.to_owned()))
        })
        .collect()
}

fn bench(criterion: &mut Criterion) {
    let vectors = vectors();
    let graders: Vec<(Grader, &str)> =
        vectors.iter().filter_map(|(spec, response)| Some((Grader::new(spec).ok()?, response.as_str()))).collect();
    let mut group = criterion.benchmark_group("grader");
    group.throughput(Throughput::Elements(vectors.len() as u64));
    group.bench_function("spec and response", |bencher| {
        bencher.iter(|| {
            for (spec, response) in &vectors {
                black_box(grade(black_box(spec), black_box(response)));
            }
        });
    });
    group.throughput(Throughput::Elements(graders.len() as u64));
    group.bench_function("response only", |bencher| {
        bencher.iter(|| {
            for (grader, response) in &graders {
                black_box(grader.grade(black_box(response)));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
