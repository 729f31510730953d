#include "query/live/live.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "query/answer.h"
#include "query/kilometric.h"
#include "query/live/change_publisher.h"
#include "query/live/live_hub.h"
#include "query/min_offset.h"
#include "query/parameters.h"

namespace odometer {
namespace {

using http::LiveProtocol;
using http::LiveStream;

constexpr char kRecord[] = "/data/metrics/{record}";
constexpr char kLiveRecords[] = "/data/metrics/live";
constexpr char kLiveName[] = "live";

// The place in the Last-Event-ID, which is also a parameter, for clients that cannot set headers.
std::optional<BadParameter> ParsePlace(const http::Request& request, const std::string& topic,
                                       std::optional<LiveOffsets>* place) {
  std::optional<std::string_view> text = request.Header("last-event-id");
  if (!text || text->empty()) text = request.Query("last-event-id");
  if (!text || text->empty()) return std::nullopt;
  Result<OffsetSet> offsets = OffsetSet::Parse(*text, topic);
  const BadParameter bad{"last-event-id", "Last-Event-ID must be the id of an event of this stream, or absent"};
  if (!offsets.ok()) return bad;
  LiveOffsets& next = place->emplace();
  for (const auto& [of, offset] : offsets->offsets()) {
    if (!of.topic.empty()) return bad;
    next[of.partition] = offset;
  }
  return std::nullopt;
}

class LiveService final : public Live {
 public:
  LiveService(LiveOptions options, NewTail new_tail, NewReader new_reader, std::unique_ptr<SourceReader> sources,
              Admin* admin, StateReader* state, const Clock* clock, Metrics* metrics)
      : topic_(options.topic),
        tiers_(options.tiers),
        clock_(clock),
        kilometric_(options.tiers, clock),
        sources_(std::move(sources)),
        hub_(options.topic),
        publisher_(
            state, [this](const http::Request& request, StateView* view) { return kilometric_.Read(request, view); },
            clock, metrics),
        catch_up_(options.topic, std::move(new_reader), admin, &hub_),
        follower_(options.topic, std::move(new_tail), sources_.get(), admin, clock, &hub_, &publisher_) {
    publisher_.Start();
    catch_up_.Start();
    follower_.Start();
  }
  ~LiveService() override { Stop(); }

  void AddRoutes(http::Router* router) override {
    router->Add(http::Method::kGet, "/live", http::Access::kRead, [this](http::Request& request, http::Responder responder) {
      ServeEvents(request, responder);
    });
    router->Add(http::Method::kGet, "/v1/ws", http::Access::kRead,
                [this](http::Request& request, http::Responder responder) { ServeRawEvents(request, responder); });
    // A record without a level may have that name: whoever does not ask for a WebSocket asks for it.
    http::Handler read_record;
    for (const http::Router::Route& route : router->routes()) {
      if (route.method == http::Method::kGet && route.pattern == kRecord) read_record = route.handler;
    }
    router->Add(http::Method::kGet, kLiveRecords, http::Access::kRead,
                [this, read_record](http::Request& request, http::Responder responder) {
                  if (!request.Header("upgrade") && read_record) {
                    request.path_params = {kLiveName};
                    return read_record(request, std::move(responder));
                  }
                  ServeRecords(request, responder);
                });
  }

  void Stop() override {
    follower_.Stop();
    catch_up_.Stop();
    publisher_.Stop();
  }

 private:
  // Answers once `join` has been called, so that nothing that is written after the answer is missed.
  void AnswerWhenJoined(Follower::Of of, const http::Responder& responder, http::Response response,
                        std::function<void()> join) {
    follower_.Join(of, [responder, response = std::move(response), join = std::move(join)](const Status& status) {
      if (!status.ok()) return responder.Send(BusyResponse(status.message()));
      join();
      responder.Send(response);
    });
  }

  void ServeRecords(const http::Request& request, const http::Responder& responder) {
    ServeWebSocket(Follower::Of::kChanges, request, responder,
                   [this, org = request.org](const std::shared_ptr<LiveStream>& stream) {
                     publisher_.JoinRecords(stream, org);
                   });
  }

  void ServeRawEvents(const http::Request& request, const http::Responder& responder) {
    LiveFilter filter{.org = request.org, .raw_only = true};
    ServeWebSocket(Follower::Of::kEvents, request, responder,
                   [this, filter](const std::shared_ptr<LiveStream>& stream) {
                     hub_.Join(stream, filter, std::nullopt);
                   });
  }

  void ServeWebSocket(Follower::Of of, const http::Request& request, const http::Responder& responder,
                      std::function<void(const std::shared_ptr<LiveStream>&)> join) {
    if (auto refusal = http::RefuseWebSocket(request)) return responder.Send(std::move(*refusal));
    auto stream = std::make_shared<LiveStream>(LiveProtocol::kWebSocket);
    AnswerWhenJoined(of, responder, http::WebSocketResponse(*request.Header("sec-websocket-key"), stream),
                     [stream, join = std::move(join)] { join(stream); });
  }

  void ServeEvents(const http::Request& request, const http::Responder& responder) {
    std::optional<std::string_view> name = request.Query("name");
    const bool points = request.Query("metric").has_value();
    if (points && !name) return ServePoints(request, responder);
    if (!name || points) {
      return responder.Send(BadParameterResponse({"name", "either name=<name>, for events, or metric=<name>, for points"}));
    }
    std::optional<LiveOffsets> place;
    if (auto bad = ParsePlace(request, topic_, &place)) return responder.Send(BadParameterResponse(*bad));
    LiveFilter filter{.org = request.org, .name = std::string(*name)};
    auto stream = std::make_shared<LiveStream>(LiveProtocol::kServerSentEvents);
    AnswerWhenJoined(Follower::Of::kEvents, responder, http::EventStreamResponse(stream), [this, stream, filter, place] {
      hub_.Join(stream, filter, place);
      if (place) catch_up_.Wake();
    });
  }

  void ServePoints(const http::Request& request, const http::Responder& responder) {
    // The parameters are those of a read of points.
    http::Request read;
    read.query.emplace_back("key", *request.Query("metric"));
    read.query.emplace_back("type", "points");
    read.query.insert(read.query.end(), request.query.begin(), request.query.end());
    MetricQuery parsed;
    if (auto bad = ParseMetricQuery(read, &parsed)) {
      if (bad->field == "key") bad = BadParameter{"metric", "metric must name a metric, in UTF-8"};
      return responder.Send(BadParameterResponse(*bad));
    }
    ChangePublisher::PointsQuery query{.org = request.org, .name = parsed.key, .labels = parsed.labels};
    query.period = parsed.period.value_or(query.period);
    // Of a calendar the present bucket stands for all.
    const int64_t step_ms = query.period.fixed_ms().value_or(query.period.StartOf(clock_->WallMs()));
    const bool divides = std::any_of(tiers_.windows.begin(), tiers_.windows.end(),
                                     [&](const Tier& tier) { return step_ms % tier.size_ms == 0; });
    if (!divides) return responder.Send(BadParameterResponse({"period", "no window size divides this period"}));
    auto stream = std::make_shared<LiveStream>(LiveProtocol::kServerSentEvents);
    AnswerWhenJoined(Follower::Of::kChanges, responder, http::EventStreamResponse(stream),
                     [this, stream, query] { publisher_.JoinPoints(stream, query); });
  }

  const std::string topic_;
  const TierSet tiers_;
  const Clock* const clock_;
  const Kilometric kilometric_;
  const std::unique_ptr<SourceReader> sources_;  // the follower's thread uses it
  LiveHub hub_;
  ChangePublisher publisher_;
  CatchUp catch_up_;
  Follower follower_;
};

}  // namespace

std::unique_ptr<Live> NewLive(LiveOptions options, NewTail new_tail, NewReader new_reader,
                              std::unique_ptr<SourceReader> sources, Admin* admin, StateReader* state,
                              const Clock* clock, Metrics* metrics) {
  return std::make_unique<LiveService>(std::move(options), std::move(new_tail), std::move(new_reader),
                                       std::move(sources), admin, state, clock, metrics);
}

}  // namespace odometer
