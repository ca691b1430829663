// What a dashboard's file may say, by Grafana's own types. Those describe what Grafana holds once it has filled in its
// defaults, with enums for words; a file says the words, and leaves out of options what stays at its default.
import type * as common from '@grafana/grafana-foundation-sdk/common';
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import type * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as table from '@grafana/grafana-foundation-sdk/table';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

type Word<T> = T extends string ? `${T}` : T extends number ? (`${T}` extends `${infer N extends number}` ? N : T) : T;
type Written<T> = T extends (infer E)[]
  ? Written<E>[]
  : T extends object
    ? { [K in keyof T as K extends `_implements${string}` ? never : K]: Written<T[K]> }
    : Word<T>;
type Some<T> = T extends (infer E)[] ? Some<E>[] : T extends object ? { [K in keyof T]?: Some<T[K]> } : T;

type Query = Required<Pick<Written<prometheus.Dataquery>, 'refId' | 'datasource' | 'expr'>> & Written<prometheus.Dataquery>;

/** The properties of single series, each of the type that it has for all. */
type Property<Custom> =
  | { [K in keyof Field]-?: { id: K; value: Field[K] } }[Exclude<keyof Field, 'custom' | 'links'>]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: Custom[K] } }[keyof Custom & string]
  | { id: 'links'; value: { title: string; url: string; targetBlank?: boolean }[] };
type Field = Written<Required<dashboard.FieldConfig>>;

type Panel<Type extends string, Options, Custom> = Omit<
  Written<dashboard.Panel>,
  'type' | 'options' | 'fieldConfig' | 'targets'
> & {
  type: Type;
  options: Some<Written<Options>>;
  fieldConfig: {
    defaults: Omit<Written<dashboard.FieldConfig>, 'custom'> & { custom?: Some<Written<Custom>> };
    overrides: {
      matcher: { id: 'byName' | 'byRegexp'; options: string };
      properties: Property<Some<Written<Custom>>>[];
    }[];
  };
  targets: Query[];
};

type AnyPanel =
  | Panel<'stat', stat.Options, {}>
  | Panel<'table', table.Options, common.TableFieldOptions>
  | Panel<'timeseries', timeseries.Options, common.GraphFieldConfig>
  | Panel<'heatmap', heatmap.Options, heatmap.FieldConfig>;
type Row = Omit<Written<dashboard.RowPanel>, 'panels'> & { panels: AnyPanel[] };

export type DashboardFile = Omit<Written<dashboard.Dashboard>, 'panels'> & { panels: (AnyPanel | Row)[] };
