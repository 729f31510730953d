#include "common/state/generation.h"

#include <optional>

#include "common/base/atomic_file.h"
#include "common/base/parse_integer.h"
#include "common/base/text_file.h"
#include "common/base/word_lines.h"

namespace odometer {
namespace {

std::string FilePath(const std::string& state_dir) { return state_dir + "/generation"; }

}  // namespace

std::string GenerationName(const std::string& application, int32_t generation) {
  return generation == kFirstGeneration ? application : application + "." + std::to_string(generation);
}

std::string GenerationFolder(const std::string& state_dir, int32_t generation) {
  return generation == kFirstGeneration ? state_dir : state_dir + "/generation-" + std::to_string(generation);
}

std::string GenerationTopic(const std::string& application) { return application + "-generation"; }

std::string GenerationsText(const Generations& generations) {
  std::string text = "generation " + std::to_string(generations.in_use) + "\n";
  if (generations.old > 0) text += "old " + std::to_string(generations.old) + "\n";
  for (const std::string& topic : generations.old_sources) text += "old-source " + topic + "\n";
  return text;
}

Result<Generations> ParseGenerations(std::string_view text) {
  Generations generations{.in_use = 0};
  const bool all_taken = TakeWordLines(text, [&generations](std::string_view word, std::string_view value) {
    const int32_t number = ParseInteger<int32_t>(value).value_or(0);
    if (word == "generation" && number > 0) {
      generations.in_use = number;
    } else if (word == "old" && number > 0) {
      generations.old = number;
    } else if (word == "old-source" && !value.empty()) {
      generations.old_sources.emplace_back(value);
    } else {
      return false;
    }
    return true;
  });
  if (!all_taken || generations.in_use == 0) return Status::Stop("it does not say which generation is in use");
  return generations;
}

Result<Generations> ReadGenerations(const std::string& state_dir) {
  const Result<std::string> text = ReadTextFile(FilePath(state_dir));
  if (text.status().Is(ErrorKind::kNotFound)) return Generations{};
  if (!text.ok()) return text.status();
  Result<Generations> generations = ParseGenerations(*text);
  if (!generations.ok()) return generations.status().WithContext(FilePath(state_dir));
  return generations;
}

Status WriteGenerations(const std::string& state_dir, const Generations& generations) {
  return ReplaceFile(FilePath(state_dir), GenerationsText(generations));
}

}  // namespace odometer
