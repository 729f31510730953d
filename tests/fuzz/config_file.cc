// A configuration file of any content, and an option of any text: an error that says what is wrong, or a configuration
// that can be printed and read again.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "cli/config/config_loader.h"
#include "cli/config/config_text.h"
#include "cli/config/options.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

// A file in memory.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("config", MFD_CLOEXEC)) {}
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  // Its path, with that content.
  std::string With(std::string_view content) {
    ODOMETER_FUZZ_REQUIRE(ftruncate(file_, 0) == 0);
    ODOMETER_FUZZ_REQUIRE(pwrite(file_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
    return "/proc/self/fd/" + std::to_string(file_);
  }

 private:
  const int file_;
};

void TestConfig(const cli::ConfigInput& input, MemoryFile* file) {
  Result<cli::LoadedConfig> loaded = cli::LoadConfig(input);
  if (!loaded.ok()) {
    ODOMETER_FUZZ_REQUIRE(loaded.status().Is(ErrorKind::kInvalid) && !loaded.status().message().empty());
    return;
  }
  const std::string printed = cli::EffectiveConfigText(loaded->settings);
  for (const cli::Setting& setting : loaded->settings) {
    if (cli::IsSecret(setting.key) && setting.origin != "default") return;  // masked, so it does not come back
  }
  Result<cli::LoadedConfig> again = cli::LoadConfig({.files = {file->With(printed)}});
  ODOMETER_FUZZ_REQUIRE(again.ok());
  ODOMETER_FUZZ_REQUIRE(again->settings.size() == loaded->settings.size());
  for (size_t i = 0; i < loaded->settings.size(); ++i) {
    ODOMETER_FUZZ_REQUIRE(again->settings[i].key == loaded->settings[i].key);
    ODOMETER_FUZZ_REQUIRE(again->settings[i].text == loaded->settings[i].text);
  }
}

}  // namespace

void TestInput(std::string_view input) {
  MemoryFile file;
  TestConfig({.files = {file.With(input)}}, &file);
  TestConfig({.flags = {{"state.dir", std::string(input), "--set"}}}, &file);
}

}  // namespace odometer
