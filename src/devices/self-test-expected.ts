import type { Losses } from './synthetic.ts';

/** What the self-test computes, in few numbers. */
export interface SelfTestValues {
  /** Of each step. */
  readonly losses: readonly Losses[];
  /**
   * The change of the parameters over all steps, seen from random directions (inner products with vectors of 1 and
   * -1): an error in any parameter shows in all of them.
   */
  readonly change: readonly number[];
}

/** What the self-test gives, by PyTorch in float64 (test/devices/reference tells how). */
export const expected: SelfTestValues = {
  losses: [
    { loss: 0.10318951252644509, reconstruction: 0.10318951252644509, kd: 0, fmd: 0 },
    { loss: 0.09473043560226896, reconstruction: 0.09473043560226896, kd: 0, fmd: 0 },
    { loss: 0.09824144034518316, reconstruction: 0.09824144034518316, kd: 0, fmd: 0 },
    { loss: 0.10192780417792986, reconstruction: 0.10192780417792986, kd: 0, fmd: 0 },
    { loss: 0.09810935703224831, reconstruction: 0.09810935703224831, kd: 0, fmd: 0 },
    { loss: 0.09779992179093268, reconstruction: 0.09779992179093268, kd: 0, fmd: 0 },
    {
      loss: 1.2053431228139138,
      reconstruction: 0.08957134522257802,
      kd: 0.45867999631466777,
      fmd: 19.563355573938708,
    },
    {
      loss: 1.138477218610279,
      reconstruction: 0.0913916089777811,
      kd: 0.42021119146899977,
      fmd: 18.420445043835958,
    },
  ],
  change: [
    0.21633645398199258, 0.4609462949508456, -1.0492042524157472, -0.38490494387617213, -0.5636164316902946,
    -0.49814258863108296, 0.26728950530671, -0.8644664509609117, -0.5839657886522577, 0.18435381034930992,
    -0.58192017681151, 0.1376643110561499, -0.39961909213265767, 0.5400102527332717, 0.2036604487737469,
    -0.6297604475794818,
  ],
};
