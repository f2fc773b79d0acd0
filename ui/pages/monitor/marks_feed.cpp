#include "ui/pages/monitor/marks_feed.h"

#include "ui/charts/chart_group.h"
#include "ui/pages/page.h"
#include "ui/widgets/theme.h"

namespace gantry::ui {

using charts::ChartMark;
using rpc::Annotation;
using widgets::Theme;

namespace {

ChartMark markOf(const Annotation& annotation)
{
    const Theme& theme = Theme::current();
    ChartMark mark{double(annotation.timeMs), double(annotation.endMs), ChartMark::Sign::Triangle,
                   theme.color(Theme::Info), annotation.title, annotation.detail,
                   models::routeOf(annotation)};
    if (annotation.kind == Annotation::Kind::Alarm) {
        mark.sign = ChartMark::Sign::Disc;
        mark.color = theme.color(annotation.firing ? Theme::Error : Theme::Success);
    } else if (annotation.kind == Annotation::Kind::Tuning) {
        mark.sign = ChartMark::Sign::Square;
        mark.color = theme.color(Theme::Warning);
    }
    return mark;
}

} // namespace

MarksFeed::MarksFeed(const Services& services, const QString& functionName,
                     charts::ChartGroup& group, QObject* parent)
    : QObject(parent), m_annotations(*services.channel, functionName), m_group(group)
{
    connect(&m_annotations, &models::Annotations::changed, this, &MarksFeed::refresh);
}

void MarksFeed::refresh()
{
    std::vector<ChartMark> marks;
    for (const Annotation& annotation : m_annotations.all())
        marks.push_back(markOf(annotation));
    m_group.setMarks(std::move(marks));
}

} // namespace gantry::ui
