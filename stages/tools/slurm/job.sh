#!/usr/bin/env bash
# One experiment, a task of an array job: a clone of its own on the shared disk, DVC's cache shared with the
# checkout, the result pushed back there. Killed and started again it goes on from its checkpoints.
#   job.sh CHECKOUT COMMIT CACHE BIN RUNS    (RUNS: a line per task: its name, then its settings, tabs between)
set -euo pipefail
checkout=$1 commit=$2 cache=$3 bin=$4 runs=$5
export PATH="$bin:$PATH"

IFS=$'\t' read -r -a words < <(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" "$runs")
name=${words[0]:?"$runs has no line for task $SLURM_ARRAY_TASK_ID"}
settings=()
for setting in "${words[@]:1}"; do settings+=(-S "$setting"); done

clone=$(dirname "$runs")/$name
exec 9>"$clone.lock"
flock --nonblock 9 || { echo "$name is at work in another job" >&2; exit 1; }
if git -C "$checkout" show-ref --quiet --verify "refs/exps/${commit:0:2}/${commit:2}/$name"; then
  echo "$name is done"
  exit
fi
if [ ! -d "$clone" ]; then
  rm -rf "$clone.half"
  git clone --quiet "$checkout" "$clone.half"
  git -C "$clone.half" checkout --quiet --detach "$commit"
  for key in user.name user.email; do
    git -C "$clone.half" config "$key" "$(git -C "$checkout" config "$key")"
  done
  if [ -f "$checkout/.dvc/config.local" ]; then cp "$checkout/.dvc/config.local" "$clone.half/.dvc/"; fi
  (cd "$clone.half" && dvc cache dir --local "$cache")
  mv "$clone.half" "$clone"
fi
cd "$clone"
echo "$(hostname): $name, commit $commit: ${settings[*]}"
dvc exp run --name "$name" --force "${settings[@]}"
# Metrics travel with git; the rest is in the shared cache.
dvc exp push --quiet --no-cache --force "$checkout" "$name"
cd / && rm -rf "$clone"
