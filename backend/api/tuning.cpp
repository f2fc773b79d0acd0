#include "backend/api/tuning.h"

#include "backend/api/event_json.h"
#include "backend/api/operation_table.h"
#include "backend/tuning/result_file.h"
#include "backend/tuning/tuner.h"

#include <optional>
#include <utility>

namespace gantry::api {
namespace {

// Brings the newest state of a run to one reader. What came while the reader was behind is left
// out: every message says all. Ends with the run.
class RunStream final : public std::enable_shared_from_this<RunStream> {
public:
    explicit RunStream(StreamPtr sink) : m_sink(std::move(sink)) {}

    void take(const v1::TuningRun& run)
    {
        m_newest = run;
        if (!m_waiting)
            write();
    }
    void close() { m_closed = true; }

private:
    void write()
    {
        if (m_closed || !m_newest)
            return;
        if (m_sink->write(*m_newest)) {
            if (m_newest->state() != v1::TUNING_RUNNING) {
                m_closed = true;
                m_sink->finish(absl::OkStatus());
            }
            m_newest.reset();
            return;
        }
        m_waiting = true;
        m_sink->onWritable([self = shared_from_this()] {
            self->m_waiting = false;
            self->write();
        });
    }

    StreamPtr m_sink;
    std::optional<v1::TuningRun> m_newest;
    bool m_waiting = false;
    bool m_closed = false;
};

void start(tuning::Tuner& tuner, const CallPtr& call, const v1::StartTuningRequest& request,
           const StreamPtr& sink)
{
    for (const v1::WeightedPayload& payload : request.options().payloads())
        if (absl::Status status = checkEvent(payload.payload()); !status.ok())
            return sink->finish(status);
    auto stream = std::make_shared<RunStream>(sink);
    auto id = tuner.start(request, [stream](const v1::TuningRun& run) { stream->take(run); });
    if (!id.ok())
        return sink->finish(id.status());
    call->onCancelled = [&tuner, stream, id = *id] {
        stream->close();
        (void)tuner.stop(id); // gone already is as good
    };
}

absl::StatusOr<v1::ExportTuningResponse> exported(const tuning::Tuner& tuner, const std::string& id)
{
    const auto run = tuner.find(id);
    if (!run.ok())
        return run.status();
    v1::ExportTuningResponse response;
    response.set_json(tuning::result_file::json(*run));
    response.set_link(tuning::result_file::link(tuning::result_file::pointsOf(*run)));
    return response;
}

} // namespace

void registerTuning(OperationTable& table, tuning::Tuner& tuner)
{
    table.onStream<v1::StartTuningRequest>(
        [&tuner](const CallPtr& call, const v1::StartTuningRequest& request, const StreamPtr& sink) {
            start(tuner, call, request, sink);
        });
    table.on<v1::StopTuningRequest, v1::StopTuningResponse>(
        [&tuner](CallPtr, const v1::StopTuningRequest& request,
                 const Reply<v1::StopTuningResponse>& reply) {
            const absl::Status status = tuner.stop(request.id());
            if (status.ok())
                reply(v1::StopTuningResponse());
            else
                reply(status);
        });
    table.on<v1::ListTuningRunsRequest, v1::ListTuningRunsResponse>(
        [&tuner](CallPtr, const v1::ListTuningRunsRequest& request,
                 const Reply<v1::ListTuningRunsResponse>& reply) {
            reply(tuner.list(request.function_name()));
        });
    table.on<v1::GetTuningRunRequest, v1::TuningRun>(
        [&tuner](CallPtr, const v1::GetTuningRunRequest& request,
                 const Reply<v1::TuningRun>& reply) { reply(tuner.find(request.id())); });
    table.on<v1::DeleteTuningRunRequest, v1::DeleteTuningRunResponse>(
        [&tuner](CallPtr, const v1::DeleteTuningRunRequest& request,
                 Reply<v1::DeleteTuningRunResponse> reply) {
            tuner.remove(request.id(), std::move(reply));
        });
    table.on<v1::ApplyTuningRequest, v1::TuningApplication>(
        [&tuner](CallPtr, const v1::ApplyTuningRequest& request,
                 Reply<v1::TuningApplication> reply) { tuner.apply(request, std::move(reply)); });
    table.on<v1::UndoTuningRequest, v1::TuningApplication>(
        [&tuner](CallPtr, const v1::UndoTuningRequest& request,
                 Reply<v1::TuningApplication> reply) { tuner.undo(request.id(), std::move(reply)); });
    table.on<v1::ExportTuningRequest, v1::ExportTuningResponse>(
        [&tuner](CallPtr, const v1::ExportTuningRequest& request,
                 const Reply<v1::ExportTuningResponse>& reply) {
            reply(exported(tuner, request.id()));
        });
    table.on<v1::ImportTuningRequest, v1::TuningRun>(
        [&tuner](CallPtr, const v1::ImportTuningRequest& request, Reply<v1::TuningRun> reply) {
            tuner.import(request, std::move(reply));
        });
}

} // namespace gantry::api
