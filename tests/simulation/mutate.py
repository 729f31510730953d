#!/usr/bin/env python3
"""Writes a source file with one defect: mutate.py NAME REPOSITORY OUTPUT.

The simulation must fail with each of them, or it could not see such a defect in the real code. A mutant whose text is
no longer in the source exactly once is an error: bring it up to date.
"""

import pathlib
import sys

# name: (file, [(text, its replacement), ...])
MUTANTS = {
    # S5 before S4: the store is written before it is known whether the transaction commits.
    "store_before_commit": ("processor/committer.cc", [
        ('    ODOMETER_RETURN_IF_ERROR(Decide(producer));\n', ""),
        ("  return Status::Ok();\n}\n\nStatus Committer::RefreshCheckpoints",
         "  return Decide(producer);\n}\n\nStatus Committer::RefreshCheckpoints"),
    ]),
    # An error of S3 is ignored: the outputs are committed without the input offsets.
    "offsets_error_ignored": ("processor/committer.cc", [
        ("    if (!sent.ok()) return abort(sent);\n", ""),
    ]),
    # A restored task does not compare its position with the group's.
    "position_unchecked": ("processor/task_manager.cc", [
        ("if (committed && *committed != task.meta.next_input_offset) {", "if (committed && *committed < 0) {"),
    ]),
    # What an aborted commit held is dropped instead of committed again.
    "deltas_lost_on_abort": ("processor/task_manager.cc", [
        ("  commit.submitted = false;\n  commit.retry_at_ms = parts_.clock->SteadyMs() + kRetryDelayMs;\n"
         "  return Status::Ok();\n", "  DropPendingCommit();\n  return Status::Ok();\n"),
    ]),
    # A commit under a generation of the group that has passed is accepted.
    "zombie_accepted": ("common/kafka/memory_producer.cc", [
        ("if (members.Find(metadata->member_id()) == nullptr || members.generation() != metadata->generation()) {",
         "if (metadata->member_id().empty()) {"),
    ]),
    # A commit that was under way when its partitions were lost is tried again under the next generation.
    "lost_commit_kept": ("processor/task_manager.cc", [
        ("  parts_.executor->Wait();\n  DropPendingCommit();\n  GiveUp(partitions);\n  // The commit that was dropped may "
         "have held epochs of tasks that are still ours.\n  recovering_ = true;\n",
         "  for (const TopicPartition& tp : partitions) assigned_.erase(tp.partition);\n"
         "  if (assigned_.empty()) assignment_seen_ = false;\n  assignment_changed_ = true;\n"),
    ]),
    # A restore does not say that it is unfinished: what it has written until then is read.
    "unfinished_restore_unmarked": ("processor/restorer.cc", [
        ("    unfinished_.restoring = true;\n", ""),
    ]),
    # What says that it is being restored is read all the same.
    "unfinished_restore_read": ("common/state/local_reader.cc", [
        ("      if (checkpoint.restoring) continue;\n", ""),
    ]),
    # A restore that ended half-way is taken for one that has read the changelog to its end.
    "unfinished_restore_skipped": ("processor/restorer.cc", [
        ("  TaskCheckpoint unfinished_;\n", "  const TaskCheckpoint& unfinished_;\n"),
        ("    unfinished_.restoring = true;\n", ""),
        ("    task.checkpoint.changelog_next[part.changelog->store] = part.range.end;\n", ""),
        ("    int64_t first_append_ms = 0;\n", "    int64_t first_append_ms = 0;\n"
         "    task.checkpoint.changelog_next[part.changelog->store] = part.range.end;\n"),
    ]),
    # Another record in the place of the last one that was counted is not noticed.
    "last_record_unchecked": ("processor/restorer.cc", [
        ("    if (record.timestamp_ms == last.timestamp_ms) return Status::Ok();\n", "    return Status::Ok();\n"),
    ]),
    # What a timer has counted before loses its values, but for their number and sum.
    "sketches_unmerged": ("common/model/aggregate.cc", [
        ("  MergeSketch(other.sketch_, &sketch_);\n", "  if (!sketch_) MergeSketch(other.sketch_, &sketch_);\n"),
    ]),
    # A restored task counts its series against the limits from nothing.
    "limits_from_nothing": ("processor/series_limits.cc", [
        ("  series.ForEach([this](SeriesId, std::string_view identity) { Added(identity); });\n", "  (void)series;\n"),
        ("  if (--count->second == 0)", "  if (count != by_org_.end() && --count->second == 0)"),
    ]),
    # A task does not say from where on it counted by other rules.
    "rules_change_unrecorded": ("processor/source_task.cc", [
        ("  state_.rules.Follow(*version_, record.offset, record.timestamp_ms);\n",
         "  if (state_.rules.empty()) state_.rules.Follow(*version_, record.offset, record.timestamp_ms);\n"),
    ]),
    # A record whose rules say that one of its events is late counts in part.
    "late_in_part": ("processor/source_task.cc", [
        ("  if (late) {\n", "  if (late && events.size() == 1) {\n"),
    ]),
    # A restored task of commands does not know which requests it has decided.
    "requests_forgotten": ("processor/command_state.cc", [
        ("  Insert(slot, std::move(*outcome));\n", ""),
    ]),
}


def main() -> None:
    name, repository, output = sys.argv[1:]
    file, edits = MUTANTS[name]
    text = (pathlib.Path(repository) / file).read_text()
    for old, new in edits:
        if text.count(old) != 1:
            sys.exit(f"{name}: this is {text.count(old)} times in {file}, not once:\n{old}")
        text = text.replace(old, new)
    path = pathlib.Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main()
