#include "ui/widgets/memory_slider.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gantry::widgets {
namespace {

constexpr int kLeast = 128;
constexpr int kMost = 10'240;

// 64 MB apart where a step matters, 512 where it does not; 1,769 MB, one vCPU, is among them.
const std::vector<int>& steps()
{
    static const std::vector<int> all = [] {
        std::vector<int> list;
        for (int mb = kLeast; mb <= kMost; mb += mb < 1024 ? 64 : mb < 3072 ? 128 : 512)
            list.push_back(mb);
        list.insert(std::upper_bound(list.begin(), list.end(), 1769), 1769);
        return list;
    }();
    return all;
}

int nearestStep(int megabytes)
{
    const auto& all = steps();
    const auto found = std::min_element(all.begin(), all.end(), [megabytes](int a, int b) {
        return std::abs(a - megabytes) < std::abs(b - megabytes);
    });
    return static_cast<int>(found - all.begin());
}

} // namespace

MemorySlider::MemorySlider(const QString& prefix, QWidget* parent)
    : QWidget(parent), m_slider(new QSlider(Qt::Horizontal, this)), m_field(new QSpinBox(this))
{
    identify(m_slider, prefix + QStringLiteral("Slider"), tr("Memory slider"), tr("Memory: drag, or use the arrow keys"));
    m_slider->setRange(0, static_cast<int>(steps().size()) - 1);
    m_slider->setPageStep(4);
    identify(m_field, prefix + QStringLiteral("Field"), tr("Memory in MB"), tr("128 to 10,240 MB"));
    m_field->setRange(kLeast, kMost);
    m_field->setSingleStep(64);
    m_field->setGroupSeparatorShown(true);
    m_field->setSuffix(tr(" MB"));
    m_field->setMinimumWidth(120);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kMargin);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_field);

    connect(m_slider, &QSlider::valueChanged, this,
            [this](int index) { m_field->setValue(steps()[static_cast<size_t>(index)]); });
    connect(m_field, &QSpinBox::valueChanged, this, [this](int megabytes) {
        const QSignalBlocker blocker(m_slider);
        m_slider->setValue(nearestStep(megabytes));
        Q_EMIT valueChanged(megabytes);
    });
}

int MemorySlider::value() const { return m_field->value(); }

void MemorySlider::setValue(int megabytes) { m_field->setValue(megabytes); }

} // namespace gantry::widgets
