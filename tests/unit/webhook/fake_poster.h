// A poster that answers when, and as, a test says.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "webhook/poster.h"

namespace odometer {

class FakePoster final : public Poster {
 public:
  struct Post {
    uint64_t ticket;
    PostRequest request;
    std::string Header(const std::string& name) const {
      for (const auto& [header, value] : request.headers) {
        if (header == name) return value;
      }
      return "";
    }
    std::string id() const { return Header("Odometer-Alert-Id"); }
  };

  void Begin(uint64_t ticket, PostRequest request) override {
    begun.push_back(request);
    Post post{ticket, std::move(request)};
    const std::optional<PostOutcome> answer = answers_at_once ? answers_at_once(post) : std::nullopt;
    if (answer) {
      results_.push_back({ticket, *answer, "said so"});
    } else {
      open.push_back(std::move(post));
    }
  }
  std::vector<PostResult> Take(int) override { return std::exchange(results_, {}); }

  // Of all that are open to that URL.
  void Answer(const std::string& url, PostOutcome outcome) {
    auto rest = std::stable_partition(open.begin(), open.end(), [&](const Post& post) { return post.request.url != url; });
    for (auto it = rest; it != open.end(); ++it) results_.push_back({it->ticket, outcome, "said so"});
    open.erase(rest, open.end());
  }
  // The ids of what is under way to that URL.
  std::vector<std::string> OpenTo(const std::string& url) const {
    std::vector<std::string> ids;
    for (const Post& post : open) {
      if (post.request.url == url) ids.push_back(post.id());
    }
    return ids;
  }

  std::vector<Post> open;
  std::vector<PostRequest> begun;  // all
  // Nothing: stays open.
  std::function<std::optional<PostOutcome>(const Post&)> answers_at_once;

 private:
  std::vector<PostResult> results_;
};

}  // namespace odometer
