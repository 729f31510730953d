// text/event-stream, as the HTML standard defines it (9.2.5).
#include <string>

#include "common/http/live_wire.h"

namespace odometer::http {
namespace {

class EventStreamWire final : public LiveWire {
 public:
  void Write(const LiveMessage& message, OutputQueue* out) override {
    std::string block;
    block.reserve(message.bytes() + 32);
    if (!message.event.empty()) block.append("event: ").append(message.event).append("\n");
    if (!message.id.empty()) block.append("id: ").append(message.id).append("\n");
    if (message.text) AppendLines(*message.text, &block);
    block.append("\n");
    out->Append(std::move(block));
  }
  void Read(std::string_view, OutputQueue*) override {}
  void KeepAlive(OutputQueue* out) override { out->Append(":\n\n"); }
  bool answers_keep_alive() const override { return false; }
  void End(LiveEnd end, OutputQueue* out) override {
    if (end == LiveEnd::kTooSlow) out->Append(": dropped, because too much was waiting\n\n");
    if (end == LiveEnd::kRevoked) out->Append(": ended, because the token or session is not valid any more\n\n");
    over_ = true;
  }
  bool over() const override { return over_; }

 private:
  // Each line of the text is a line of data; the client joins them again.
  static void AppendLines(std::string_view text, std::string* block) {
    while (true) {
      size_t end = text.find_first_of("\r\n");
      block->append("data: ").append(text.substr(0, end)).append("\n");
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
    }
  }

  bool over_ = false;
};

}  // namespace

std::unique_ptr<LiveWire> NewEventStreamWire() { return std::make_unique<EventStreamWire>(); }

}  // namespace odometer::http
