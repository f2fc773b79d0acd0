#include "ui/pages/tuning/tuning_curves.h"

#include "ui/models/format.h"
#include "ui/widgets/theme.h"

#include <QCoreApplication>

namespace gantry::ui {

using charts::BandData;
using rpc::TuningEstimate;
using rpc::TuningRun;
using widgets::Theme;

namespace {

const std::vector<double> kMemoryTicks = {128, 256, 512, 1024, 1769, 3008, 5120, 10'240};

QString tr(const char* text)
{
    return QCoreApplication::translate("TuningCurves", text);
}

// One curve an architecture of a run.
void addCurves(const TuningRun& run, const TuningValues& values, const QString& suffix, int color,
               bool faint, BandData& data)
{
    QStringList architectures;
    for (const TuningEstimate& one : run.estimates)
        if (!architectures.contains(one.architecture))
            architectures.append(one.architecture);
    for (const QString& architecture : architectures) {
        charts::BandCurve curve;
        for (const TuningEstimate& one : run.estimates) {
            if (one.architecture != architecture || one.state != TuningEstimate::State::Estimated)
                continue;
            curve.dashed = one.modelled || faint;
            curve.x.push_back(one.memoryMb);
            curve.y.push_back(values.middle(one));
            if (values.low) {
                curve.low.push_back(values.low(one));
                curve.high.push_back(values.high(one));
            }
            if (const double measured = values.measured(one); measured > 0) {
                curve.pointsX.push_back(one.memoryMb);
                curve.pointsY.push_back(measured);
            }
        }
        if (curve.x.empty())
            continue;
        const bool modelled = curve.dashed && !faint;
        curve.name = architecture + (modelled ? tr(" (estimated)") : QString()) + suffix;
        curve.color = Theme::current().series(color++);
        data.curves.push_back(std::move(curve));
    }
}

QString pickName(const TuningRun& run, int index)
{
    QStringList names;
    if (index == run.cheapest.index)
        names.append(tr("cheapest"));
    if (index == run.fastest.index)
        names.append(tr("fastest"));
    if (run.balanced.size() > 2 && index == run.balanced[run.balanced.size() / 2].index)
        names.append(tr("balanced"));
    return names.join(QStringLiteral(" · "));
}

} // namespace

void addTuningMarkers(const TuningRun& run, int chosen, const TuningValue& x,
                      const TuningValue& y, BandData& data)
{
    const auto usable = [&](int index) {
        return index >= 0 && index < run.estimates.size() &&
               run.estimates[index].state == TuningEstimate::State::Estimated;
    };
    QList<int> indexes;
    const int middle = run.balanced.size() > 2 ? run.balanced[run.balanced.size() / 2].index : -1;
    for (const int index : {run.cheapest.index, middle, run.fastest.index, chosen})
        if (usable(index) && !indexes.contains(index))
            indexes.append(index);
    for (const int index : indexes) {
        const TuningEstimate& one = run.estimates[index];
        QString text = pickName(run, index);
        if (index == chosen && text.isEmpty())
            text = models::formatMemory(one.memoryMb);
        data.markers.push_back({index, text, x(one), y(one),
                                Theme::current().color(index == chosen ? Theme::Accent : Theme::Success),
                                index == chosen});
    }
}

BandData tuningOverMemory(const TuningRun& run, const std::optional<TuningRun>& compared, int chosen,
                     const TuningValues& values)
{
    BandData data;
    data.logX = true;
    data.xTicks = kMemoryTicks;
    addCurves(run, values, {}, 0, false, data);
    if (compared)
        addCurves(*compared, {values.middle, {}, {}, values.measured},
                  tr(", run of %1")
                      .arg(QLocale().toString(compared->startedAt, QLocale::ShortFormat)),
                  3, true, data);
    addTuningMarkers(
        run, chosen, [](const TuningEstimate& one) { return double(one.memoryMb); }, values.middle, data);
    if (run.state == rpc::TuningState::Running)
        data.underWay.assign(run.nextMb.begin(), run.nextMb.end());
    return data;
}

} // namespace gantry::ui
