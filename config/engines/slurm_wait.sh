# Hands a script to Slurm and waits for its end: slurm_wait.sh FOLDER SCRIPT ARGUMENTS…
# Told to end, it cancels the job and asks to be started again (75); its exit code is the job's otherwise. SLURM_WAIT_SECONDS is the
# pause between looks, 10 without it.
folder=$1
shift
job=$(sbatch --parsable --output="$folder/log.txt" --open-mode=append "$@") || exit 1
job=${job%%;*}
trap 'scancel --signal=TERM --full "$job"; sleep 30; scancel "$job"; exit 75' TERM INT
pause() {
    sleep "${SLURM_WAIT_SECONDS:-10}" &
    wait $!
}
# The queue forgets a job that has ended, and says nothing while its controller is away; the accounting is late. So a job is over when
# it is not in the queue and the accounting says how it ended; one that neither knows of is given up after a while.
unknown=0
while [ "$unknown" -lt 60 ]; do
    pause
    if squeue --noheader --jobs "$job" 2>/dev/null | grep -q .; then
        unknown=0
        continue
    fi
    state=$(sacct --noheader --parsable2 --allocations --format=State,ExitCode --jobs "$job" 2>/dev/null | tail -n 1)
    case $state in
    COMPLETED*) exit 0 ;;
    PREEMPTED* | NODE_FAIL* | TIMEOUT* | REQUEUED* | BOOT_FAIL*) echo "slurm ended job $job: $state" && exit 75 ;;
    # The job asked for it itself.
    FAILED\|75:*) echo "slurm ended job $job: $state" && exit 75 ;;
    FAILED* | CANCELLED* | OUT_OF_MEMORY* | DEADLINE* | REVOKED*) echo "slurm ended job $job: $state" && exit 1 ;;
    esac
    unknown=$((unknown + 1))
done
echo "neither the queue nor the accounting knows what became of job $job"
exit 1
