// Runs a target once over every file of the folders that are named. For the builds without libFuzzer.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

// Copied to a block of just its size, so that ASan sees a read beyond its end.
void Replay(const std::filesystem::path& path) {
  const auto size = static_cast<size_t>(std::filesystem::file_size(path));
  auto bytes = std::make_unique<char[]>(size);
  std::ifstream file(path, std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.read(bytes.get(), static_cast<std::streamsize>(size));
  odometer::TestInput({bytes.get(), size});
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path input;
  try {
    for (int i = 1; i < argc; ++i) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) inputs.push_back(entry.path());
    }
    std::sort(inputs.begin(), inputs.end());
    for (const std::filesystem::path& path : inputs) {
      input = path;
      // Said before, since a failure ends the process.
      std::printf("%s\n", path.c_str());
      std::fflush(stdout);
      Replay(path);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", input.c_str(), e.what());
    return 1;
  }
  std::printf("%zu inputs\n", inputs.size());
  return inputs.empty() ? 1 : 0;  // nothing to replay is a mistake in the arguments
}
