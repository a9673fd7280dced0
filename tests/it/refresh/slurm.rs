//! The Slurm template from beginning to end, with `sbatch`, `squeue`, `sacct` and `scancel` that behave as Slurm's own: a job outlives the
//! call that handed it in, the queue forgets it when it ends, and the accounting is late.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::{ANSWER, Bench, TRAIN};
use crate::support::json_lines;

/// Runs the script in the background, as a node would: its output goes where it was asked to go, its end is noted.
const SBATCH: &str = r#"
state=$(dirname "$0")/state
mode=truncate
while [ $# -gt 0 ]; do
    case $1 in
    --parsable) parsable=1 ;;
    --output=*) output=${1#--output=} ;;
    --open-mode=append) mode=append ;;
    --*) echo "sbatch: unrecognized option '$1'" >&2; exit 1 ;;
    *) break ;;
    esac
    shift
done
[ -r "$1" ] || { echo "sbatch: error: Unable to open file $1" >&2; exit 1; }
[ "$mode" = append ] || : > "$output"
mkdir -p "$state"
job=$(($(cat "$state/last" 2>/dev/null || echo 4000) + 1))
echo $job > "$state/last"
echo "$@" >> "$state/calls"
touch "$state/$job.queued"
(
    sh "$@" >> "$output" 2>&1 < /dev/null
    code=$?
    if [ -e "$state/preempt" ]; then rm "$state/preempt"; echo "PREEMPTED|0:15" > "$state/$job.end"
    elif [ $code = 0 ]; then echo "COMPLETED|0:0" > "$state/$job.end"
    else echo "FAILED|$code:0" > "$state/$job.end"; fi
    rm "$state/$job.queued"
) > /dev/null 2>&1 &
[ -n "$parsable" ] && echo "$job;cluster" || echo "Submitted batch job $job"
"#;

const SQUEUE: &str = r#"
state=$(dirname "$0")/state
for word; do job=$word; done
if [ -e "$state/hiccup" ]; then rm "$state/hiccup"; echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1; fi
if [ -e "$state/$job.queued" ]; then echo "              $job       gpu   aludel  someone  R       0:01      1 node1"
else echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; fi
"#;

/// Late: the first time it is asked of a job that has ended, it runs still.
const SACCT: &str = r#"
state=$(dirname "$0")/state
for word; do job=$word; done
if [ ! -e "$state/$job.end" ] || [ ! -e "$state/$job.seen" ]; then touch "$state/$job.seen"; echo "RUNNING|0:0"; else cat "$state/$job.end"; fi
"#;

/// What `accelerate launch SCRIPT …` does on the node: the scripts of the shell engine in the place of the ones in Python.
const ACCELERATE: &str = r#"
shift
here=$(dirname "$0")
case $1 in
*/trl_train.py) exec sh "$here/../engines/train.sh" "$2" "$here/../engines" ;;
*/transformers_answer.py)
    shift
    while [ $# -gt 0 ]; do
        case $1 in --weights) weights=$2 ;; --responses) responses=$2 ;; esac
        shift 2
    done
    exec sh "$here/../engines/answer.sh" "$weights" "$responses" "$here/../engines" ;;
esac
"#;

fn slurm(bench: &Bench) {
    let folder = bench.path("bin");
    fs::create_dir_all(folder.join("state")).unwrap();
    for (name, script) in
        [("sbatch", SBATCH), ("squeue", SQUEUE), ("sacct", SACCT), ("scancel", "exit 0"), ("accelerate", ACCELERATE)]
    {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/engines");
    bench.configure("engine = \"shell\"", &format!("engine = \"slurm\"\nengines = {:?}", engines.to_str().unwrap()));
}

fn start(bench: &Bench) -> Value {
    let path = format!("{}:{}", bench.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut command = bench.command(&["refresh", "start", "--json"]);
    let output: Output = command.env("PATH", path).env("SLURM_WAIT_SECONDS", "0.05").output().unwrap();
    json_lines(&output.stdout).pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_job_on_a_cluster_is_waited_for_and_a_preempted_one_handed_in_again() {
    let bench = Bench::new("");
    slurm(&bench);
    bench.engine(TRAIN, ANSWER);
    let state = bench.path("bin/state");
    fs::write(state.join("preempt"), "").unwrap();
    fs::write(state.join("hiccup"), "").unwrap();
    // Preempted before it has a result; the second time it comes to its end.
    bench.engine(&format!("if [ -e {0}/preempt ]; then sleep 0.3; exit 1; fi\n{TRAIN}", state.display()), ANSWER);
    let done = start(&bench);
    assert_eq!(done["status"], "promoted", "{done:#}\n{}", bench.log(1));
    let calls = fs::read_to_string(state.join("calls")).unwrap();
    let trained = calls.lines().filter(|call| call.contains("slurm_job.sh") && call.contains("trl_train.py")).count();
    let answered = calls.lines().filter(|call| call.contains("transformers_answer.py")).count();
    assert_eq!((trained, answered), (2, 2), "{calls}");
    assert!(bench.log(1).contains("PREEMPTED"), "{}", bench.log(1));
    // A job that fails says so, with what it said last.
    bench.engine("echo 'ValueError: no such layer'; exit 3", ANSWER);
    let failed = start(&bench);
    let reason = failed["reason"].as_str().unwrap_or_default();
    assert!(failed["status"] == "failed" && reason.contains("FAILED|3:0"), "{failed:#}\n{}", bench.log(2));
}
