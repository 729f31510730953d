#include "query/records.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "query/json_writer.h"

namespace odometer {
namespace {

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
}

Aggregate WithoutSketch(const Aggregate& aggregate) {
  return Aggregate::FromParts({.count = aggregate.count(),
                               .sum = aggregate.sum(),
                               .min = aggregate.min(),
                               .max = aggregate.max(),
                               .last = aggregate.last(),
                               .first_ts_ms = aggregate.first_ts_ms(),
                               .last_ts_ms = aggregate.last_ts_ms(),
                               .last_origin = aggregate.last_origin()});
}

bool UpdatedBefore(const Aggregate& a, const Aggregate& b) {
  auto rank = [](const Aggregate& aggregate) {
    return std::tuple(aggregate.last_ts_ms(), aggregate.last_origin().partition, aggregate.last_origin().offset);
  };
  return rank(a) < rank(b);
}

// Events per ms over the time between the first and the last; 0 while they are of one instant.
double MeanRatePerMs(const Aggregate& aggregate) {
  int64_t duration_ms = aggregate.last_ts_ms() - aggregate.first_ts_ms();
  return duration_ms <= 0 ? 0 : static_cast<double>(aggregate.count()) / static_cast<double>(duration_ms);
}

// A record of the dialect: the series of one level, name and type, merged whatever their other labels.
struct Record {
  std::string level;
  std::string name;
  MetricType type;
  Aggregate aggregate;  // without sketch: records do not show quantiles
};

void WriteRecord(const Record& record, JsonWriter* json) {
  const Aggregate& aggregate = record.aggregate;
  json->BeginObject();
  if (!record.level.empty()) json->Key("level").String(record.level);
  json->Key("name").String(record.name).Key("type").String(UpperCase(MetricTypeName(record.type)));
  bool running_sum = record.type == MetricType::kCounter;
  json->Key("value").Raw(running_sum ? aggregate.sum().ToJson() : aggregate.last().ToJson());
  json->Key("startTime").Integer(aggregate.first_ts_ms()).Key("updateTime").Integer(aggregate.last_ts_ms());
  json->Key("count").Unsigned(aggregate.count());
  if (record.type == MetricType::kMeter) json->Key("meanRate").Double(MeanRatePerMs(aggregate));
  if (record.type == MetricType::kTimer) {
    json->Key("min").Raw(aggregate.min().ToJson()).Key("max").Raw(aggregate.max().ToJson());
    json->Key("mean").Double(aggregate.Mean()).Key("sum").Raw(aggregate.sum().ToJson());
  }
  json->EndObject();
}

// Collects series into records.
class RecordSet {
 public:
  void Add(const SeriesTotal& total) {
    if (total.aggregate.empty()) return;
    const Series& series = total.series;
    Aggregate aggregate = WithoutSketch(total.aggregate);
    Types& types = records_[{series.name, std::string(series.level())}];
    auto [it, added] = types.try_emplace(series.type, aggregate);
    if (!added) it->second.Merge(aggregate);
  }

  // One record per name and level, sorted by them: of the type that was updated last.
  std::vector<Record> Take() {
    std::vector<Record> records;
    for (auto& [key, types] : records_) {
      auto last = std::max_element(types.begin(), types.end(), [](const auto& a, const auto& b) {
        return UpdatedBefore(a.second, b.second);
      });
      records.push_back({key.second, key.first, last->first, std::move(last->second)});
    }
    records_.clear();
    return records;
  }

 private:
  using Types = std::map<MetricType, Aggregate>;
  std::map<std::pair<std::string, std::string>, Types> records_;  // by name and level
};

// The list, page by page. The series of a name follow each other, so only one name's records are held.
class RecordStream {
 public:
  RecordStream(StateReader* state, size_t page_size) : state_(state), page_size_(page_size), json_(&text_) {
    json_.BeginArray();
  }

  // Reads one page. Its position is the answer's when it was the first.
  Result<StatePosition> Advance() {
    Result<SeriesPage> page = state_->ReadTotals({}, after_, page_size_);
    if (!page.ok()) return page.status();
    for (const SeriesTotal& total : page->totals) {
      if (total.series.name != name_) Flush();
      name_ = total.series.name;
      records_.Add(total);
    }
    after_ = page->next_after;
    if (after_.empty()) {
      Flush();
      json_.EndArray();
    }
    return std::move(page->position);
  }

  bool done() const { return after_.empty(); }
  std::string TakeText() { return std::exchange(text_, {}); }

 private:
  void Flush() {
    for (const Record& record : records_.Take()) WriteRecord(record, &json_);
  }

  StateReader* const state_;
  const size_t page_size_;
  std::string text_;
  JsonWriter json_;
  std::string name_;  // that records_ are of
  RecordSet records_;
  std::string after_;
};

}  // namespace

Answer Records::ReadAll(const http::Request&) const {
  auto stream = std::make_shared<RecordStream>(state_, page_size_);
  Result<StatePosition> position = stream->Advance();
  if (!position.ok()) return {ErrorResponse(position.status()), std::nullopt};
  Answer answer{http::Response::Json(200, ""), std::move(position).value()};
  if (stream->done()) {
    answer.response.body = stream->TakeText();
    return answer;
  }
  answer.response.stream = [stream](std::string* chunk) {
    *chunk += stream->TakeText();
    if (stream->done()) return false;
    Result<StatePosition> next = stream->Advance();
    if (next.ok()) return true;
    LogWarn("query", "list of records broken off error={}", next.status().ToString());
    return false;
  };
  return answer;
}

Answer Records::ReadOne(const http::Request& request) const {
  SeriesSelector selector;
  selector.qualified_name = request.path_params.at(0);
  RecordSet found;
  std::optional<StatePosition> position;
  std::string after;
  do {
    Result<SeriesPage> page = state_->ReadTotals(selector, after, page_size_);
    if (!page.ok()) return {ErrorResponse(page.status()), std::nullopt};
    for (const SeriesTotal& total : page->totals) found.Add(total);
    if (!position) position = std::move(page->position);
    after = page->next_after;
  } while (!after.empty());

  // A qualified name may be split into level and name in several ways.
  const std::vector<Record> records = found.Take();
  auto last = std::max_element(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return UpdatedBefore(a.aggregate, b.aggregate);
  });
  if (last == records.end()) {
    return {http::Response::Error(404, "not_found", "no record of that name", "name"), std::move(position)};
  }
  std::string body;
  JsonWriter json(&body);
  WriteRecord(*last, &json);
  return {http::Response::Json(200, std::move(body)), std::move(position)};
}

}  // namespace odometer
