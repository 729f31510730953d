#include "cli/rebuild/rebuild_file.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/rebuild/rebuild_from.h"
#include "common/base/atomic_file.h"
#include "common/base/parse_integer.h"
#include "common/base/text_file.h"
#include "common/base/word_lines.h"
#include "common/kafka/offsets_text.h"

namespace odometer::cli {
namespace {

std::string FilePath(const std::string& state_dir) { return state_dir + "/rebuild"; }

// False when the line is none of such a file.
bool Take(std::string_view word, std::string_view value, RebuildFile* file) {
  if (word == "generation") {
    file->generation = ParseInteger<int32_t>(value).value_or(0);
    return file->generation > 0;
  }
  if (word == "from") {
    file->from = value;
    return true;
  }
  if (word == "rules") {
    const auto version = ParseInteger<uint64_t>(value);
    file->rules_version = version.value_or(0);
    return version.has_value();
  }
  if (word == "source") {
    file->sources.emplace_back(value);
    return !value.empty();
  }
  if (word == "old-source") {
    file->old_sources.emplace_back(value);
    return !value.empty();
  }
  if (word == "begin") {
    Result<RebuildFrom> place = ParseRebuildFrom(value);
    if (!place.ok() || place->offsets.empty()) return false;
    file->begin.merge(place->offsets);
    return true;
  }
  file->restart = true;
  return word == "restart";
}

}  // namespace

std::string RebuildFileText(const RebuildFile& file) {
  std::string text = "generation " + std::to_string(file.generation) + "\nfrom " + file.from + "\nrules " +
                     std::to_string(file.rules_version) + "\n";
  for (const std::string& topic : file.sources) text += "source " + topic + "\n";
  for (const auto& place : file.begin) text += "begin " + OffsetsText({place}) + "\n";
  for (const std::string& topic : file.old_sources) text += "old-source " + topic + "\n";
  if (file.restart) text += "restart processor\n";
  return text;
}

Result<RebuildFile> ParseRebuildFile(std::string_view text) {
  RebuildFile file;
  const bool all_taken = TakeWordLines(
      text, [&file](std::string_view word, std::string_view value) { return Take(word, value, &file); });
  if (!all_taken || file.generation == 0) return Status::Stop("it does not say which generation is being built");
  return file;
}

Result<std::optional<RebuildFile>> ReadRebuildFile(const std::string& state_dir) {
  const Result<std::string> text = ReadTextFile(FilePath(state_dir));
  if (text.status().Is(ErrorKind::kNotFound)) return std::optional<RebuildFile>();
  if (!text.ok()) return text.status();
  Result<RebuildFile> file = ParseRebuildFile(*text);
  if (!file.ok()) return file.status().WithContext(FilePath(state_dir));
  return std::optional<RebuildFile>(std::move(*file));
}

Status WriteRebuildFile(const std::string& state_dir, const RebuildFile& file) {
  return ReplaceFile(FilePath(state_dir), RebuildFileText(file));
}

Status RemoveRebuildFile(const std::string& state_dir) {
  std::error_code error;
  std::filesystem::remove(FilePath(state_dir), error);
  return error ? Status::Stop(FilePath(state_dir) + " cannot be removed: " + error.message()) : Status::Ok();
}

}  // namespace odometer::cli
