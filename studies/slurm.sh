#!/bin/bash
# Workers of one study on a Slurm cluster, one for each task of the array:
#
#   export NASATTN_STORAGE=postgresql://USER:PASSWORD@HOST/DATABASE     (never on the command line)
#   nasattn search studies/mine.toml --trials 500 --artifacts /shared/artifacts --timeout 1m
#   sbatch studies/slurm.sh mine [--data /shared/data]
#
# The first line makes the study. Before its time is up, or when it is pre-empted, a worker pauses
# its trial at the next step and leaves; its task is queued again, and any worker goes on with the
# trial from its checkpoint.
#SBATCH --job-name=nasattn
#SBATCH --array=0-15
#SBATCH --gpus=1
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@90
#SBATCH --requeue
#SBATCH --open-mode=append

runs=${NASATTN_RUNS:-${TMPDIR:-/tmp}/nasattn-${SLURM_JOB_ID:-$$}}
nasattn worker "$@" --runs-dir "$runs" &
worker=$!
trap 'kill -TERM "$worker" 2> /dev/null' TERM INT
code=0
# A signal ends `wait` at once; the worker still has its trial to pause.
while kill -0 "$worker" 2> /dev/null; do
  wait "$worker"
  code=$?
done
# 130: asked to stop, and something is left to do. With 0 the study is done.
if [ "$code" -eq 130 ] && [ -n "${SLURM_JOB_ID:-}" ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
