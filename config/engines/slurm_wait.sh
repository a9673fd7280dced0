# Hands a script to Slurm and waits for its end: slurm_wait.sh FOLDER SCRIPT ARGUMENTS…
# Told to end, it cancels the job and asks to be started again (75); its exit code is the job's otherwise.
folder=$1
shift
job=$(sbatch --parsable --output="$folder/log.txt" --open-mode=append "$@") || exit 1
job=${job%%;*}
trap 'scancel --signal=TERM --full "$job"; sleep 30; scancel "$job"; exit 75' TERM INT
while squeue --noheader --jobs "$job" 2>/dev/null | grep -q .; do
    sleep 10 &
    wait $!
done
state=$(sacct --noheader --parsable2 --allocations --format=State,ExitCode --jobs "$job" | head -n 1)
case $state in
COMPLETED*) exit 0 ;;
PREEMPTED* | NODE_FAIL* | TIMEOUT* | REQUEUED*) echo "slurm ended job $job: $state" && exit 75 ;;
*) echo "slurm ended job $job: $state" && exit 1 ;;
esac
