#include "query/records.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/model/views.h"
#include "query/answer.h"
#include "query/json_writer.h"

namespace odometer {
namespace {

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
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

// A total, and of a set what it shows in place of its members, which take too much memory to be held for many.
struct Record {
  explicit Record(SeriesTotal from) : total(std::move(from)), distinct(DistinctCount(total.aggregate)) {
    total.aggregate.DropMembers();
  }
  SeriesTotal total;
  uint64_t distinct;
};

std::string ValueOf(const Record& record) {
  switch (record.total.series.type) {
    case MetricType::kCounter: return record.total.aggregate.sum().ToJson();
    case MetricType::kSet: return std::to_string(record.distinct);
    default: return record.total.aggregate.last().ToJson();
  }
}

void WriteRecord(const Record& record, JsonWriter* json) {
  const SeriesTotal& total = record.total;
  const Aggregate& aggregate = total.aggregate;
  const MetricType type = total.series.type;
  json->BeginObject();
  if (!total.series.level().empty()) json->Key("level").String(total.series.level());
  json->Key("name").String(total.series.name).Key("type").String(UpperCase(MetricTypeName(type)));
  json->Key("value").Raw(ValueOf(record));
  json->Key("startTime").Integer(aggregate.first_ts_ms()).Key("updateTime").Integer(aggregate.last_ts_ms());
  json->Key("count").Unsigned(aggregate.count());
  if (type == MetricType::kMeter) json->Key("meanRate").Double(MeanRatePerMs(aggregate));
  if (type == MetricType::kTimer) {
    json->Key("min").Raw(aggregate.min().ToJson()).Key("max").Raw(aggregate.max().ToJson());
    json->Key("mean").Double(aggregate.Mean()).Key("sum").Raw(aggregate.sum().ToJson());
  }
  json->EndObject();
}

bool UpdatedBefore(const Record& a, const Record& b) { return UpdatedBefore(a.total.aggregate, b.total.aggregate); }

// Shows the records of the selected series to `add`, page by page, until it returns false.
template <typename Add>
Status ForEachRecord(StateView* view, const SeriesSelector& selector, size_t page_size, Add add) {
  std::string after;
  do {
    Result<SeriesPage> page = view->ReadTotals(selector, after, page_size);
    if (!page.ok()) return page.status();
    for (SeriesTotal& total : page->totals) {
      // Raw events are no records of this dialect.
      if (total.series.type != MetricType::kEvent && !add(Record(std::move(total)))) return Status::Ok();
    }
    after = std::move(page->next_after);
  } while (!after.empty());
  return Status::Ok();
}

http::Response TooLong(size_t max_bytes) {
  return http::Response::Error(400, "bad_parameter",
                               "the list is over " + std::to_string(max_bytes >> 20) +
                                   " MiB: narrow it by name=<name> or level=<level>",
                               "name");
}

}  // namespace

http::Response ReadRecords(const http::Request& request, StateView* view, size_t page_size, size_t max_bytes) {
  SeriesSelector selector{.org = request.org};
  if (auto name = request.Query("name")) selector.name = *name;
  if (auto level = request.Query("level")) selector.labels.emplace_back(kLevelLabel, *level);

  std::string body;
  JsonWriter json(&body);
  json.BeginArray();
  // The series of a name follow each other, so only one name's records are held: by level, of the type updated last.
  std::string name;
  std::map<std::string, Record> by_level;
  auto flush = [&] {
    for (const auto& [level, record] : by_level) WriteRecord(record, &json);
    by_level.clear();
    return body.size() <= max_bytes;
  };
  Status read = ForEachRecord(view, selector, page_size, [&](Record record) {
    const Series& series = record.total.series;
    if (series.name != name && !flush()) return false;
    name = series.name;
    auto [last, added] = by_level.try_emplace(std::string(series.level()), record);
    if (!added && UpdatedBefore(last->second, record)) last->second = std::move(record);
    return true;
  });
  if (!read.ok()) return ErrorResponse(read);
  if (!flush()) return TooLong(max_bytes);
  json.EndArray();
  return http::Response::Json(200, std::move(body));
}

Result<std::optional<std::string>> ReadRecordJson(const std::string& org, const std::string& qualified_name,
                                                  StateView* view, size_t page_size) {
  SeriesSelector selector{.org = org};
  selector.qualified_name = qualified_name;
  std::optional<Record> last;
  Status read = ForEachRecord(view, selector, page_size, [&](Record record) {
    if (!last || UpdatedBefore(*last, record)) last = std::move(record);
    return true;
  });
  if (!read.ok()) return read;
  if (!last) return std::optional<std::string>();
  std::string text;
  JsonWriter json(&text);
  WriteRecord(*last, &json);
  return std::optional<std::string>(std::move(text));
}

http::Response ReadRecord(const http::Request& request, StateView* view, size_t page_size) {
  Result<std::optional<std::string>> record =
      ReadRecordJson(request.org, request.path_params.at(0), view, page_size);
  if (!record.ok()) return ErrorResponse(record.status());
  if (!*record) return http::Response::Error(404, "not_found", "no record of that name", "name");
  return http::Response::Json(200, std::move(**record));
}

}  // namespace odometer
