#include "common/base/failpoint.h"

#ifdef ODOMETER_FAILPOINTS

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "common/base/mutex.h"
#include "common/base/parse_integer.h"

namespace odometer {
namespace {

struct Action {
  std::string what;
  int passings_left = 1;
};

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// A test that misspells what it wants must not pass.
[[noreturn]] void Refuse(std::string_view text) {
  std::fprintf(stderr, "FAILPOINTS: cannot understand '%s'\n", std::string(text).c_str());
  std::exit(2);
}

std::map<std::string, Action, std::less<>> ParseFailpoints(std::string_view text) {
  std::map<std::string, Action, std::less<>> actions;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    const std::string_view item = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) Refuse(item);
    const size_t at = std::min(item.find('@'), item.size());
    Action action{std::string(item.substr(equals + 1, at - equals - 1))};
    if (at < item.size()) {
      const std::optional<int> passings = ParseInteger<int>(item.substr(at + 1));
      if (!passings || *passings < 1) Refuse(item);
      action.passings_left = *passings;
    }
    actions.emplace(item.substr(0, equals), std::move(action));
  }
  return actions;
}

Status Perform(const std::string& what, const std::string& name) {
  const std::string why = "failpoint " + name;
  std::fprintf(stderr, "failpoint %s fires: %s\n", name.c_str(), what.c_str());
  if (what == "die") std::raise(SIGKILL);
  if (what == "invalid") return Status::Invalid(why);
  if (what == "retry") return Status::Retry(why);
  if (what == "abort") return Status::Abort(why);
  if (what == "recover") return Status::Recover(why);
  if (what == "stop") return Status::Stop(why);
  Refuse(name + "=" + what);
}

class Failpoints {
 public:
  Status Pass(const std::string& name) {
    std::string what;
    {
      MutexLock lock(mutex_);
      auto found = actions_.find(name);
      if (found == actions_.end() || --found->second.passings_left > 0) return Status::Ok();
      what = found->second.what;
      actions_.erase(found);
    }
    return Perform(what, name);
  }

 private:
  static std::string_view Setting() {
    const char* text = std::getenv("FAILPOINTS");
    return text == nullptr ? "" : text;
  }

  Mutex mutex_;
  std::map<std::string, Action, std::less<>> actions_ ODOMETER_GUARDED_BY(mutex_) = ParseFailpoints(Setting());
};

}  // namespace

Status Failpoint(std::string_view step, FailpointMoment moment) {
  static Failpoints* const failpoints = new Failpoints;
  return failpoints->Pass(std::string(step) + (moment == FailpointMoment::kBefore ? ".before" : ".after"));
}

}  // namespace odometer

#endif
